"""Commands for a use case whose features change after it was deployed: record the change, rebuild the state."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import JsonOption, UsecaseOption
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()
_SHOWN = ("usecase", "version", "new", "removed", "retyped", "models")


@app.command(epilog="Example: headrace evolve fraud")
@one_line_errors
def evolve(
    *,
    usecase: Annotated[str, typer.Argument(help="Name of a file in usecases/.")],
    retire: Annotated[
        int | None, typer.Option("--retire", help="An earlier version whose feature groups nothing reads any more.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what a changed use case does to deployed features, and record it if it is allowed.

    Features may be added. Removing or retyping one takes a higher UseCase.version; the message says what follows.
    """
    from cli.evolve import evolve as run

    outcome = run(usecase, retire=retire)
    summary = outcome.summary()
    if json:
        print_json(summary)
    else:
        table = Table(box=None, show_header=False)
        for key in _SHOWN:
            table.add_row(key, escape(_text(summary[key])))
        for gap in outcome.gaps:
            table.add_row("rebuild", escape(f"{gap.feature}: the {gap.entity} state lacks {gap.missing}"))
        for number, step in enumerate(outcome.next(), start=1):
            table.add_row(f"next {number}", escape(step))
        progress_console.print(table)
    outcome.evolution.require_allowed()


@app.command(
    epilog="Examples: headrace rebuild -u fraud --stage dev --region eu-west-1\n\n"
    "headrace rebuild -u fraud --stage prod --entity customer --key 4711"
)
@one_line_errors
def rebuild(
    *,
    stage: Annotated[str, typer.Option(help="The deployed stage: dev, staging, prod or local.")],
    region: Annotated[str | None, typer.Option(help="AWS region; that of the credentials by default.")] = None,
    usecase: UsecaseOption = "fraud",
    entity: Annotated[str | None, typer.Option(help="Rebuild the state of one entity only.")] = None,
    key: Annotated[str | None, typer.Option(help="Rebuild the state of one key of that entity only.")] = None,
    share: Annotated[
        str | None, typer.Option(help="Rebuild one share of the keys, n/of: several processes divide the work.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make window state again from the lake while the stream goes on: after features were added, or records were lost.

    Every item is folded anew up to its own last record and written only if nothing was folded meanwhile. Stopped at any
    point, the same command goes on; where nothing is missing it writes nothing.
    """
    from cli.rebuild.command import Options, run

    options = Options(usecase=usecase, stage=stage, region=region, entity=entity, key=key, share=share)
    outcome = run(options, progress_console)
    summary = outcome.summary()
    if json:
        print_json(summary)
    else:
        table = Table(box=None, show_header=False)
        for name, value in summary.items():
            table.add_row(name, escape(_text(value)))
        progress_console.print(table)
    outcome.require_complete()


def _text(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
