"""Commands for a use case whose features change after it was deployed: record the change, rebuild the state."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import JsonOption
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
        for number, step in enumerate(outcome.next(), start=1):
            table.add_row(f"next {number}", escape(step))
        progress_console.print(table)
    outcome.evolution.require_allowed()


def _text(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
