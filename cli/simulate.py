"""``headrace simulate``: a use case's simulated events as a file, to try a command without data of one's own."""

from pathlib import Path
from typing import Annotated

import typer

import simulators
import usecases
from cli import table_file
from cli.options import JsonOption, UsecaseOption, moment, moment_or_none
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()


@app.command(
    epilog="Examples: headrace simulate --days 120 --out events.parquet · headrace simulate --scenario concept "
    "--since 2026-04-01 --out changed.parquet · headrace backtest changed.parquet --policy never,weekly,drift "
    "--from 2026-03-20"
)
@one_line_errors
def simulate(
    *,
    out: Annotated[Path, typer.Option(help="File to write: .parquet or .csv.")],
    usecase: UsecaseOption = "fraud",
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How many days of events.")] = 120,
    per_day: Annotated[int, typer.Option(min=1, max=10_000_000, help="Mean number of events a day.")] = 1_000,
    start: Annotated[str, typer.Option(help="First day, UTC.")] = "2026-01-01",
    scenario: Annotated[str, typer.Option(help="How the world changes; without a known name the names are listed.")] = (
        simulators.USUAL
    ),
    since: Annotated[str | None, typer.Option(help="When it changes; halfway by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same events.")] = 7,
    json: JsonOption = False,
) -> None:
    """Write simulated events of a use case to a file, the truth in a column of its own."""
    table_file.require_writable(out)
    at, label = moment("--start", start), usecases.load(usecase).label.field
    frame = simulators.load(usecase)(
        start=at,
        days=days,
        per_day=per_day,
        seed=seed,
        scenario=scenario,
        since=moment_or_none("--since", since),
    )
    table_file.write(frame, out, lambda _done, _total: None)
    positives = int(frame[label].sum()) if label in frame else None
    found = {"usecase": usecase, "scenario": scenario, "out": str(out), "events": len(frame), "positives": positives}
    if json:
        print_json(found)
    else:
        progress_console.print(f"{len(frame):,} events, {positives or 0:,} positives, in {out}", soft_wrap=True)
