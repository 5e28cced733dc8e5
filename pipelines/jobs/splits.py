"""Cut a training set in time: leave out the warm-up, then train, validation and test in that order.

Rows of one second are never parted, and every row of a split is later than every row of the split before it, so no
model is tuned or judged on rows from before its own training data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headrace.usecase import UseCase
from pipelines.jobs.training_set import TrainingSetError

NAMES = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How to cut. Fractions are shares of the rows that remain after the warm-up."""

    validation_fraction: float = 0.15
    test_fraction: float = 0.15
    warm_up_s: int = 0
    keep_at_least: float = 0.5
    minimum_positives: int = 10

    def __post_init__(self) -> None:
        shares = (self.validation_fraction, self.test_fraction)
        if min(shares) <= 0 or sum(shares) >= 1:
            raise TrainingSetError(
                f"validation and test fractions {shares} leave nothing for a split: choose two above 0 with sum below 1"
            )


@dataclass(frozen=True, kw_only=True)
class Split:
    """One split: its name and the half-open range of its rows in time order."""

    name: str
    start: int
    stop: int


def warm_up_s(usecase: UseCase) -> int:
    """The time until every window is full: the longest window and its delay, in seconds; 0 without windows."""
    return max((feature.length_s + feature.delay_s for feature in usecase.window_features), default=0)


def first_row(timestamps: np.ndarray, cut: Cut) -> int:
    """The first row to use: after the warm-up, or 0 where dropping it would leave too small a share of the rows.

    Args:
        timestamps: shape (rows,), ascending, seconds.
        cut: the warm-up and the share that must remain.
    """
    first = int(np.searchsorted(timestamps, timestamps[0] + cut.warm_up_s))
    return first if len(timestamps) - first >= cut.keep_at_least * len(timestamps) else 0


def splits(timestamps: np.ndarray, cut: Cut) -> Iterator[Split]:
    """Train, validation and test over ascending timestamps, the warm-up left out.

    Raises:
        TrainingSetError: if the rows span too few seconds for three splits.
    """
    first = first_row(timestamps, cut)
    rows = len(timestamps) - first
    starts = [first]
    for share in (1 - cut.validation_fraction - cut.test_fraction, 1 - cut.test_fraction):
        row = first + int(rows * share)
        starts.append(int(np.searchsorted(timestamps, timestamps[row], side="left")))
    edges = [*starts, len(timestamps)]
    if any(low >= high for low, high in pairwise(edges)):
        raise TrainingSetError(
            f"{rows} rows between {timestamps[first]} and {timestamps[-1]} do not give three splits in time: "
            "give a longer history as InputData"
        )
    for name, (start, stop) in zip(NAMES, pairwise(edges), strict=True):
        yield Split(name=name, start=start, stop=stop)
