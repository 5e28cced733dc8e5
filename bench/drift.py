"""Drift of 15 columns: Headrace's monitor next to Evidently, NannyML and a numpy PSI, on the same Parquet files.

What is measured is alike for all: from two files to the verdict on every column, each program with its defaults in a
process of its own, which has imported what it needs. None renders a page. Ours also checks types, missing values and
categories, and puts causes into words, which is in its time. Evidently and NannyML take a table as a whole, so they
read it as a whole; ours and the PSI read batches. Each uses as many threads as it chooses. A peak of memory is the
process's, its libraries included (Linux only).
"""

import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import drift_world
from bench.comparison import Comparison, Effort
from bench.peer import Program, own, peer

ROWS = 100_000
LONG = 10_000_000
GROWTH = 10
"""How many times longer than the table that its peak of memory is held against."""
FLAT = 1.1
FASTER = 10
BUDGET_MS = 250
OURS = "bench.drift_verdict"
OTHERS = {
    "evidently_drift": "Evidently, one ValueDrift per column",
    "nannyml_drift": "NannyML's univariate drift",
    "bench.stability": "PSI in numpy, nothing else",
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one program took: median seconds, and the most memory that it held, in megabytes."""

    seconds: float
    peak_mb: float


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        baseline, current, long, shorter = (Path(folder, f"{it}.parquet") for it in ("a", "b", "long", "shorter"))
        rows, many = effort.of(ROWS), effort.of(LONG)
        drift_world.write(baseline, rows, seed=1)
        drift_world.write(current, rows, seed=2, drifted=True)
        yield from _short(rows, _costs([OURS, *OTHERS], baseline, current, runs=effort.runs))
        _say(f"{many:,} rows are written")
        drift_world.write(shorter, many // GROWTH, seed=3, drifted=True)
        drift_world.write(long, many, seed=3, drifted=True)
        small = _costs([OURS], baseline, shorter)[OURS]
        # One after the other: what a peer holds must be free before the next one starts.
        costs = {it: _costs([it], baseline, long)[it] for it in (OURS, *OTHERS)}
        yield from _long(many, rows, costs, small)


def _short(rows: int, costs: Mapping[str, Cost]) -> Iterator[Comparison]:
    name = f"drift of 15 columns, {rows:,} rows against {rows:,}"
    taken = costs[OURS].seconds * 1_000
    yield _row(name, taken, BUDGET_MS, "the budget, a constant", "ms", goal=1)
    for program, other_name in OTHERS.items():
        goal = FASTER if program.startswith("evidently") else None
        yield _row(name, taken, costs[program].seconds * 1_000, other_name, "ms", goal=goal)
    yield from _peaks(name, costs)


def _long(rows: int, baseline: int, costs: Mapping[str, Cost], small: Cost) -> Iterator[Comparison]:
    name, ours = f"drift of 15 columns, {rows:,} rows streamed against {baseline:,}", costs[OURS]
    for program, other_name in OTHERS.items():
        yield _row(name, ours.seconds, costs[program].seconds, other_name, "s")
    yield from _peaks(name, costs)
    yield _row(
        f"growth of that peak from {rows // GROWTH:,} rows on",
        100 * ours.peak_mb / small.peak_mb,
        100 * FLAT,
        f"a tenth more for {GROWTH} times the rows, a constant",
        "% of it",
        goal=1,
    )


def _peaks(name: str, costs: Mapping[str, Cost]) -> Iterator[Comparison]:
    for program, other_name in OTHERS.items():
        yield _row(f"peak memory, {name}", costs[OURS].peak_mb, costs[program].peak_mb, other_name, "MB")


def _row(name: str, ours: float, other: float, other_name: str, unit: str, *, goal: float | None = None) -> Comparison:
    return Comparison(
        name=name, ours=ours, other=other, other_name=other_name, unit=unit, goal=goal, less_is_better=True
    )


def _costs(programs: list[str], baseline: Path, current: Path, *, runs: int = 0) -> Mapping[str, Cost]:
    """What each program takes, all run in turn after one warm-up each; without runs, the warm-up is what counts."""
    with contextlib.ExitStack() as started:
        running = {it: started.enter_context(_program(it, baseline, current)) for it in programs}
        taken: dict[str, list[float]] = {it: [] for it in programs}
        for turn in range(runs + 1):
            for name, run in running.items():
                _say(f"{name}, run {turn} of {runs}" if runs else name)
                taken[name].append(run())
        return {
            name: Cost(seconds=statistics.median(taken[name][1:] or taken[name]), peak_mb=run.peak_mb())
            for name, run in running.items()
        }


def _program(name: str, baseline: Path, current: Path) -> contextlib.AbstractContextManager[Program]:
    return (own if name.startswith("bench.") else peer)(name, str(baseline), str(current))


def _say(words: str) -> None:
    sys.stderr.write(f"  {words}\n")
