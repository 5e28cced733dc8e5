"""One comparison: our code and a named alternative, run in turn, medians of several runs."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much work a benchmark puts into its figures. ``share`` scales its data; below 1 the figures are for show.

    ``out`` is the folder for what a benchmark writes besides its rows.
    """

    runs: int = 5
    share: float = 1.0
    out: Path = Path("out/bench")

    def of(self, amount: int) -> int:
        """That share of an amount, at least 1."""
        return max(1, round(amount * self.share))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row of the benchmark's table.

    Attributes:
        name: what was measured.
        ours: our figure, in ``unit``.
        other: the alternative's figure, in ``unit``.
        other_name: what the alternative is.
        unit: what is counted.
        goal: the ratio to reach, None where there is none.
        less_is_better: whether the unit is a cost (time, memory, units) rather than a rate.
    """

    name: str
    ours: float
    other: float
    other_name: str
    unit: str
    goal: float | None = None
    less_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times better ours is; above 1 means better."""
        return self.other / self.ours if self.less_is_better else self.ours / self.other

    @property
    def met(self) -> bool | None:
        """Whether the goal was reached; None where there is none."""
        return None if self.goal is None else self.ratio >= self.goal

    def row(self) -> dict[str, object]:
        """The row as it stands in summary.json."""
        return {
            "name": self.name,
            "ours": self.ours,
            "other": self.other,
            "other_name": self.other_name,
            "unit": self.unit,
            "ratio": self.ratio,
            "goal": self.goal,
            "met": self.met,
        }


def compare(
    name: str,
    *,
    ours: Callable[[], object],
    other: Callable[[], object],
    other_name: str,
    unit: str,
    count: int,
    runs: int,
    goal: float | None = None,
) -> Comparison:
    """Run both in turn, ours first, after one warm-up each.

    Args:
        name: what is measured.
        ours: our code.
        other: the alternative.
        other_name: what it is.
        unit: what ``count`` counts, per second.
        count: how much one run handles.
        runs: how many times each is run.
        goal: the ratio to reach.
    """
    ours_s, other_s = medians((ours, other), runs=runs)
    return Comparison(
        name=name,
        ours=count / ours_s,
        other=count / other_s,
        other_name=other_name,
        unit=unit,
        goal=goal,
    )


def medians(candidates: tuple[Callable[[], object], ...], *, runs: int) -> list[float]:
    """Median seconds of each candidate, all run in turn, after one warm-up each."""
    for run in candidates:
        run()
    taken: list[list[float]] = [[] for _ in candidates]
    for _ in range(runs):
        for run, times in zip(candidates, taken, strict=True):
            times.append(timed(run))
    return [statistics.median(times) for times in taken]


def timed(run: Callable[[], object]) -> float:
    """Seconds that a run takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
