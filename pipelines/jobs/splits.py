"""Cut a training set into train, validation and test.

In time: the warm-up is left out, then the splits follow each other. Rows of one second are never parted. Before
validation and before test lies a gap as long as labels take to arrive: at the moment where the later split begins, the
labels of the gap are not known yet, so a model deployed then could not have learned from them. Where the gaps would
leave too little to train on, the one before validation is given up first.

Stratified, for use cases without an order that matters: whole entities are dealt to the splits, those with a positive
and those without apart, so that each split has the same share of both and no entity is in two of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headrace.usecase import UseCase
from pipelines.jobs.training_set import TrainingSetError

NAMES = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How to cut. Fractions are shares of the rows that remain after the warm-up.

    ``dealt`` is whether entities are dealt to the splits, so that time does not part them. ``gap_s`` is the time that
    labels take to mature. ``keep_at_least`` is the share of rows that must remain after the warm-up, and
    ``train_at_least`` the share of the remaining rows that must be left to train on after the gaps.
    """

    validation_fraction: float = 0.15
    test_fraction: float = 0.15
    warm_up_s: int = 0
    gap_s: int = 0
    keep_at_least: float = 0.5
    train_at_least: float = 0.4
    minimum_positives: int = 10
    seed: int = 7
    dealt: bool = False

    def __post_init__(self) -> None:
        shares = (self.validation_fraction, self.test_fraction)
        if min(shares) <= 0 or sum(shares) >= 1:
            raise TrainingSetError(
                f"validation and test fractions {shares} leave nothing for a split: choose two above 0 with sum below 1"
            )


@dataclass(frozen=True, kw_only=True)
class Split:
    """One split: its name and the half-open range of its rows."""

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
    """Train, validation and test over ascending timestamps, warm-up and gaps left out.

    Raises:
        TrainingSetError: if the rows span too few seconds for three splits.
    """
    first = first_row(timestamps, cut)
    rows = len(timestamps) - first
    for gaps in ((cut.gap_s, cut.gap_s), (0, cut.gap_s), (0, 0)):
        edges = _edges(timestamps, first, cut, gaps)
        if edges[0][1] - edges[0][0] >= cut.train_at_least * rows and all(low < high for low, high in edges):
            break
    if any(low >= high for low, high in edges):
        raise TrainingSetError(
            f"{rows} rows between {timestamps[first]} and {timestamps[-1]} do not give three splits in time: "
            "give a longer history as InputData"
        )
    for name, (start, stop) in zip(NAMES, edges, strict=True):
        yield Split(name=name, start=start, stop=stop)


def gaps_s(timestamps: np.ndarray, parts: Sequence[Split]) -> list[int]:
    """The seconds between the last row of each split and the first of the next."""
    return [int(timestamps[late.start] - timestamps[early.stop - 1]) for early, late in pairwise(parts)]


def _edges(timestamps: np.ndarray, first: int, cut: Cut, gaps: tuple[int, int]) -> list[tuple[int, int]]:
    """First row and end of each split, latest first cut: test ends with the rows, the others end a gap before it."""
    rows, stop = len(timestamps) - first, len(timestamps)
    test = _at(timestamps, stop - int(rows * cut.test_fraction))
    until = int(np.searchsorted(timestamps, timestamps[test] - gaps[1], side="left"))
    validation = max(_at(timestamps, until - int(rows * cut.validation_fraction)), first)
    learned = int(np.searchsorted(timestamps, timestamps[validation] - gaps[0], side="left"))
    return [(first, max(learned, first)), (validation, until), (test, stop)]


def _at(timestamps: np.ndarray, row: int) -> int:
    """The first row of the second that a row belongs to."""
    row = min(max(row, 0), len(timestamps) - 1)
    return int(np.searchsorted(timestamps, timestamps[row], side="left"))


def deal(entities: np.ndarray, labels: np.ndarray, cut: Cut) -> tuple[np.ndarray, list[Split]]:
    """Whole entities to the splits, at random but for the share of those with a positive.

    Args:
        entities: the key of each row's primary entity, shape (rows,).
        labels: 0 or 1, shape (rows,).
        cut: fractions and seed.

    Returns:
        The rows in the order of the splits, those of one split in their old order, and the splits over that order.
    """
    _, code, rows = np.unique(entities, return_inverse=True, return_counts=True)
    positive = np.bincount(code, weights=labels) > 0
    split = np.zeros(len(rows), dtype=np.int64)
    rng = np.random.default_rng(cut.seed)
    shares = np.cumsum([1 - cut.validation_fraction - cut.test_fraction, cut.validation_fraction])
    for group in (np.flatnonzero(positive), np.flatnonzero(~positive)):
        dealt = rng.permutation(group)
        done = np.cumsum(rows[dealt]) - rows[dealt] / 2
        split[dealt] = np.searchsorted(shares, done / max(1, rows[dealt].sum()), side="right")
    order = np.argsort(split[code], kind="stable")
    starts = np.searchsorted(split[code][order], np.arange(len(NAMES) + 1))
    edges = pairwise(int(it) for it in starts)
    return order, [Split(name=name, start=low, stop=high) for name, (low, high) in zip(NAMES, edges, strict=True)]
