"""``headrace export`` and ``headrace erase``: what they are asked for, and what they say."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.options import JsonOption, UsecaseOption
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()
SubjectOption = Annotated[str, typer.Option("--subject", help="The person's id, as events carry it.")]
FieldOption = Annotated[
    str | None,
    typer.Option(
        "--field",
        help="The event's field that holds it. Default: compliance.subject, or the first key.",
    ),
]
StageOption = Annotated[str, typer.Option(help="The deployed stage: dev, staging, prod or local.")]
RegionOption = Annotated[str | None, typer.Option(help="AWS region; that of the credentials by default.")]


@app.command(epilog="Example: headrace export --subject 4711 -u fraud --stage dev --out out/4711")
@one_line_errors
def export(
    *,
    subject: SubjectOption,
    stage: StageOption,
    field: FieldOption = None,
    region: RegionOption = None,
    usecase: UsecaseOption = "fraud",
    out: Annotated[Path, typer.Option(help="Folder for export.json and receipt.json.")] = Path("out/export"),
    json: JsonOption = False,
) -> None:
    """Show one person everything that is kept of them: window state, Feature Store, lake, capture, quarantine."""
    from cli.erase.command import Options, run

    options = Options(
        action="export", usecase=usecase, stage=stage, region=region, subject=subject, field=field, out=out
    )
    _tell(run(options), json)


@app.command(epilog="Example: headrace erase --subject 4711 -u fraud --stage dev --out out/erasure")
@one_line_errors
def erase(
    *,
    subject: SubjectOption,
    stage: StageOption,
    field: FieldOption = None,
    region: RegionOption = None,
    usecase: UsecaseOption = "fraud",
    out: Annotated[Path, typer.Option(help="Folder for receipt.json.")] = Path("out/erase"),
    json: JsonOption = False,
) -> None:
    """Take away everything that is kept of one person, older versions of objects included.

    Stop their events first. Stopped at any point, the same command goes on; the receipt says what was removed
    where, and what stays until it expires.
    """
    from cli.erase.command import Options, run

    options = Options(
        action="erase", usecase=usecase, stage=stage, region=region, subject=subject, field=field, out=out
    )
    _tell(run(options), json)


def _tell(receipt: dict[str, Any], json: bool) -> None:
    if json:
        print_json(receipt)
        return
    table = Table(box=None, show_header=False)
    for place, count in receipt["found"].items():
        table.add_row(place, f"{count:,}")
    table.add_row("removed", f"{receipt['removed']:,}")
    progress_console.print(table)
