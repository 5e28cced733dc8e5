"""``headrace redrive``: what it is asked for, and what it says."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import JsonOption, UsecaseOption
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()


class Origin(StrEnum):
    """Where given-up records lie."""

    DLQ = "dlq"
    QUARANTINE = "quarantine"


@app.command(
    epilog="Examples: headrace redrive --from dlq -u fraud --stage dev\n\n"
    "headrace redrive --from quarantine -u fraud --stage prod --dry-run"
)
@one_line_errors
def redrive(
    *,
    origin: Annotated[Origin, typer.Option("--from", help="dlq: dead letters of the streams; quarantine: rejects.")],
    stage: Annotated[str, typer.Option(help="The deployed stage: dev, staging, prod or local.")],
    region: Annotated[str | None, typer.Option(help="AWS region; that of the credentials by default.")] = None,
    usecase: UsecaseOption = "fraud",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Put through again what was given up, once its cause is mended; nothing counts twice, however often it is run.

    Dead letters: their records come back from the stream or the lake, go through their function with their own sequence
    numbers, and the state they touch is rebuilt from the lake. Quarantine: what the use case takes by now goes onto the
    stream, the rest stays. Exit code 1 if something is left to do.
    """
    from cli.redrive.command import Options, run

    outcome = run(Options(usecase=usecase, stage=stage, region=region, origin=origin.value, dry_run=dry_run))
    summary = outcome.summary()
    if json:
        print_json(summary)
    else:
        table = Table(box=None, show_header=False)
        for name, value in summary.items():
            table.add_row(name, escape(", ".join(value) or "none" if isinstance(value, list) else str(value)))
        progress_console.print(table)
    outcome.require_complete()
