"""The command line of the load test."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import JsonOption, UsecaseOption
from cli.output import one_line_errors, print_json, progress_console
from headrace.errors import HeadraceError, UseCaseError

if TYPE_CHECKING:
    from cli.loadtest.interference import During

app = typer.Typer()
_DURING = ("rollout", "bad-model", "kill-model", "kill-store")
_EPILOG = (
    "Examples: headrace loadtest --rps 50 --seconds 60 --during rollout · "
    "headrace loadtest --during kill-store --json > summary.json · "
    "headrace loadtest --url https://abc.execute-api.eu-west-1.amazonaws.com/prod --rps 200 --seconds 30"
)


class LoadFailedError(HeadraceError):
    """The load was sent, and not every answer was what the platform promises."""


@app.command(epilog=_EPILOG)
@one_line_errors
def loadtest(
    *,
    rps: Annotated[float, typer.Option(min=0.1, max=5_000, help="Requests per second, by a fixed timetable.")] = 50,
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="How long at least.")] = 60,
    during: Annotated[
        str | None,
        typer.Option(help=f"What happens meanwhile, on this machine only: {', '.join(_DURING)}. The load outlasts it."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="A deployed API, as the output ApiUrl gives it; signed with the environment's credentials."),
    ] = None,
    usecase: UsecaseOption = "fraud",
    out: Annotated[Path, typer.Option(help="Folder for summary.json, latency.svg and logs.")] = Path("out/loadtest"),
    json: JsonOption = False,
) -> None:
    """Ask the inference API at a steady rate, judge every answer, and see what happens when things go wrong.

    Without --url everything happens on this machine: a loop is deployed, two models are trained, and at the end all is
    stopped. Latency counts from the time at which a request was due. An answer is wrong if the model version that it
    names does not give that score. Exit code 1 if an answer is wrong, missing or a 5xx.
    """
    if during is not None and during not in _DURING:
        raise UseCaseError("--during", f"there is no {during!r}", f"use one of {', '.join(_DURING)}")
    if during is not None and url is not None:
        raise UseCaseError("--during", "nothing is broken in a deployed stage", "leave out --during or --url")
    from cli.loadtest import deployed_run, local_run  # noqa: PLC0415  so that other commands start without plots

    if url is None:
        order = local_run.Order(
            usecase=local_run.load_usecase(usecase),
            rps=rps,
            seconds=seconds,
            during=cast("During | None", during),
            out=out,
        )
        outcome = local_run.run(order, progress_console)
    else:
        outcome = deployed_run.run(local_run.load_usecase(usecase), url, rps, seconds, progress_console)
    outcome.write(out, f"{rps:g} requests per second" + (f", {during}" if during else ""))
    _show(outcome.summary, json, out)
    if outcome.failures:
        raise LoadFailedError("; ".join(outcome.failures))


def _show(summary: dict[str, object], json: bool, out: Path) -> None:
    if json:
        print_json(summary)
        return
    table = Table(box=None, show_header=False)
    for key, value in summary.items():
        if key not in ("events", "failures"):
            table.add_row(key, f"{value:,}" if isinstance(value, int) else escape(str(value)))
    progress_console.print(table)
    progress_console.print(f"plot in {out / 'latency.svg'}", soft_wrap=True)
