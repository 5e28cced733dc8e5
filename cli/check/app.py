"""The command that looks at a use case before it is deployed: ``headrace check``."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import JsonOption, MapOption
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()
_COLOURS = {"high": "red", "medium": "yellow", "low": "dim"}


@app.command(
    epilog="Example: headrace check fraud · with data: headrace check lending --from loans.csv --map event_id=ID"
)
@one_line_errors
def check(
    *,
    name: Annotated[str, typer.Argument(help="Name of a use case.")],
    files: Annotated[
        list[Path] | None, typer.Option("--from", help="A file of past events; several may be given. Finds more.")
    ] = None,
    columns: MapOption = "",
    stage: Annotated[str, typer.Option(help="The stage to synthesize; `none` leaves that out.")] = "dev",
    json: JsonOption = False,
) -> None:
    """Say what a use case would deploy and what is risky: leaks, ids as features, personal data, imbalance and more."""
    from cli.check.command import Options
    from cli.check.command import check as run
    from cli.event_file import parse_map

    found = run(
        Options(usecase=name, files=files or (), columns=parse_map(columns), stage=None if stage == "none" else stage)
    )
    if json:
        print_json(found.document())
        return
    table = Table(box=None, show_header=False)
    for key, value in {**found.about, **found.deploys}.items():
        if key != "controls":
            table.add_row(key, escape(_text(value)))
    progress_console.print(table)
    for control, implemented in found.about["controls"].items():
        progress_console.print(f"control {escape(f'{control}: {implemented}')}", soft_wrap=True)
    for it in found.findings:
        colour = _COLOURS[it.severity]
        said = f"[{colour}]{it.severity:<6}[/] {escape(f'{it.where} {it.what}; {it.fix}')}"
        progress_console.print(said, soft_wrap=True)
    progress_console.print(f"{len(found.findings)} findings{'' if files else '; more with --from FILE'}")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {it}" for name, it in value.items()) or "none"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
