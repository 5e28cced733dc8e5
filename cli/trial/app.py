"""``headrace trial``: its options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import JsonOption, UsecaseOption, moment_or_none
from cli.output import one_line_errors, print_json, progress_console
from headrace.errors import UseCaseError

app = typer.Typer()
_EPILOG = (
    "Examples: headrace trial -u fraud --stage prod --start arn:aws:sagemaker:…:model-package/headrace-fraud-prod/7 · "
    "headrace trial -u fraud --stage prod --json · headrace trial -u fraud --stage prod --promote"
)
_SHOWN = ("answers", "labelled", "alarm_rate", "positives", "caught", "false_alarms", "cost_per_answer")


@app.command(epilog=_EPILOG)
@one_line_errors
def trial(
    *,
    stage: Annotated[str, typer.Option(help="The deployed stage: dev, staging, prod or local.")],
    usecase: UsecaseOption = "fraud",
    region: Annotated[str | None, typer.Option(help="AWS region; that of the credentials by default.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Count answers and labels from this date or time on (UTC); the trial's begin.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="Put the registered package with this ARN on trial.")] = None,
    promote: Annotated[
        bool, typer.Option("--promote", help="End the trial: the challenger is approved and takes over.")
    ] = False,
    reject: Annotated[
        bool, typer.Option("--reject", help="End the trial: the challenger is rejected and unloaded.")
    ] = False,
    out: Annotated[
        Path, typer.Option(help="Of a challenger in the shadow: folder for comparison.json and comparison.html.")
    ] = Path("out/trial"),
    json: JsonOption = False,
) -> None:
    """Say how the challenger on trial stands, begin a trial, or end it.

    The verdict is that of a test which may be looked at as often as anybody likes: continue, promote or reject.
    """
    if sum((start is not None, promote, reject)) > 1:
        raise UseCaseError("--start", "stands beside another action", "give one of --start, --promote, --reject")
    import usecases  # noqa: PLC0415  so that other commands start without AWS's SDK
    from cli.deployment import deployed  # noqa: PLC0415  the same
    from cli.trial import command  # noqa: PLC0415  the same

    first = moment_or_none("--since", since)
    deployment = deployed(usecases.load(usecase), stage, region)
    if start is not None:
        _tell({"package": start, "action": "start", "execution": command.begin(deployment, start)}, json)
    elif promote or reject:
        package, execution = command.end(deployment, "promote" if promote else "reject")
        _tell({"package": package, "action": "promote" if promote else "reject", "execution": execution}, json)
    else:
        found = command.standing(deployment, first)
        if found["shadow"] is not None:
            from cli.trial import page  # noqa: PLC0415  so that other commands start without plots

            page.write(out, found, deployment.usecase)
        _show(found, json)
        if found["shadow"] is not None:
            progress_console.print(f"comparison in {out / 'comparison.html'}", soft_wrap=True)


def _tell(done: Mapping[str, object], json: bool) -> None:
    if json:
        print_json(done)
    else:
        progress_console.print(
            f"{done['action']}: {done['package']}, by {done['execution']}; the registry and the topic tell the end",
            soft_wrap=True,
        )


def _show(found: Mapping[str, Any], json: bool) -> None:
    if json:
        print_json(found)
        return
    variants = found["variants"]
    if found["shadow"] is not None:
        alike = f"{found['agreement']:.2%}" if found["pairs"] else "-"
        progress_console.print(f"{found['pairs']:,} requests answered by both, decided alike: {alike}")
    table = Table("", *variants, box=None)
    for name in _SHOWN:
        table.add_row(name.replace("_", " "), *(_figure(it[name]) for it in variants.values()))
    progress_console.print(table)
    low, high = found["interval"]
    progress_console.print(
        f"{escape(found['package'])} since {found['since']}: saved per answer {_figure(found['saved_per_answer'])} "
        f"({_figure(low)} to {_figure(high)}), p {_figure(found['p_value'])} at alpha {found['alpha']}: "
        f"[bold]{found['verdict']}[/]",
        soft_wrap=True,
    )


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
