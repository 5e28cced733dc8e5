"""Commands about the reaction of a deployed stage: ask for a training, read what was decided, let it go on."""

import uuid
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import JsonOption, UsecaseOption
from cli.output import one_line_errors, print_json, progress_console
from headrace.errors import UseCaseError
from headrace.events import TRIGGERS

if TYPE_CHECKING:
    from cli.deployment import Deployment

app = typer.Typer()
StageOption = Annotated[str, typer.Option(help="The deployed stage: dev, staging, prod or local.")]
RegionOption = Annotated[str | None, typer.Option(help="AWS region; that of the credentials by default.")]
_SHOWN = ("at", "action", "severity", "reason", "outcome")


@app.command(epilog='Example: headrace retrain -u fraud --stage dev --region eu-west-1 --reason "new merchants"')
@one_line_errors
def retrain(
    *,
    stage: StageOption,
    reason: Annotated[str, typer.Option(help="Why; it travels to the model package and its report.")],
    usecase: UsecaseOption = "fraud",
    region: RegionOption = None,
    trigger: Annotated[str, typer.Option(help=f"What made it necessary: {', '.join(TRIGGERS)}.")] = "manual",
    request: Annotated[
        str | None, typer.Option("--id", help="Of two requests with one id the second starts nothing.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Ask for a retraining. It waits for nobody: if one is running, this one is skipped and says so on the bus."""
    from cli.decided import ask

    if trigger not in TRIGGERS:
        raise UseCaseError("--trigger", f"{trigger!r} is unknown", f"use one of {', '.join(TRIGGERS)}")
    id_ = request or f"cli-{uuid.uuid4().hex}"
    ask(_deployed(usecase, stage, region), id_, trigger, reason)
    if json:
        print_json({"request_id": id_})
    else:
        progress_console.print(f"asked for retraining {id_}; its end is told on the topic and the bus", soft_wrap=True)


@app.command(epilog="Example: headrace decisions -u fraud --stage dev --json")
@one_line_errors
def decisions(
    *,
    stage: StageOption,
    usecase: UsecaseOption = "fraud",
    region: RegionOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many, the newest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """List what was decided about drift, alarms and ends of trainings, and what became of it."""
    from cli.decided import decided

    found = decided(_deployed(usecase, stage, region), limit)
    if json:
        print_json({"decisions": found})
        return
    table = Table(*_SHOWN, box=None)
    for it in found:
        table.add_row(*(escape(str(it[name])) for name in _SHOWN))
    progress_console.print(table)


@app.command(epilog="Example: headrace resume -u fraud --stage dev")
@one_line_errors
def resume(*, stage: StageOption, usecase: UsecaseOption = "fraud", region: RegionOption = None) -> None:
    """Let trainings and promotions go on, after a person has looked at why they were halted or frozen."""
    from cli.decided import resume as run

    was = run(_deployed(usecase, stage, region)) or "neither halted nor frozen"
    progress_console.print(f"resumed; it was: {escape(was)}", soft_wrap=True)


def _deployed(usecase: str, stage: str, region: str | None) -> "Deployment":
    import usecases
    from cli.deployment import deployed

    return deployed(usecases.load(usecase), stage, region)
