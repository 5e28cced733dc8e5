"""One comparison: our code and a named alternative, run in turn, medians of several runs."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

RUNS = 5


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row of the benchmark's table.

    Attributes:
        name: what was measured.
        ours: our median, in ``unit``.
        other: the alternative's median, in ``unit``.
        other_name: what the alternative is.
        unit: what is counted per second.
        goal: the ratio to reach, None where there is none.
    """

    name: str
    ours: float
    other: float
    other_name: str
    unit: str
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """How many times faster ours is; above 1 means better."""
        return self.ours / self.other

    @property
    def met(self) -> bool | None:
        """Whether the goal was reached; None where there is none."""
        return None if self.goal is None else self.ratio >= self.goal

    def row(self) -> dict[str, object]:
        """The row as it stands in summary.json."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def compare(
    name: str,
    *,
    ours: Callable[[], object],
    other: Callable[[], object],
    other_name: str,
    unit: str,
    count: int,
    goal: float | None = None,
    runs: int = RUNS,
) -> Comparison:
    """Run both in turn, ours first, after one warm-up each.

    Args:
        name: what is measured.
        ours: our code.
        other: the alternative.
        other_name: what it is.
        unit: what ``count`` counts, per second.
        count: how much one run handles.
        goal: the ratio to reach.
        runs: how many times each is run.
    """
    ours_s, other_s = [], []
    ours(), other()
    for _ in range(runs):
        ours_s.append(_timed(ours))
        other_s.append(_timed(other))
    return Comparison(
        name=name,
        ours=count / statistics.median(ours_s),
        other=count / statistics.median(other_s),
        other_name=other_name,
        unit=unit,
        goal=goal,
    )


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
