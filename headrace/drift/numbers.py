"""The distribution of a column of numbers in at most 4,096 bins, the same whatever the order of rows and parts.

A double's bits, read as an integer, grow as the number does. A bin is what is left of these bits when the last few are
dropped: first none, so that few values are counted exactly, then as many as it takes to need no more than the bins
there are. How many bits that is depends on the set of values alone; so k parts merged are one pass, to the bit. All
columns share one grid of bins: two of them are compared on the coarser one's, where the counts of both are exact.

The bins are those of HdrHistogram and of DDSketch (Masson, Rim and Lee, 2019) in spirit, of equal relative width, but
only as wide as need be: a time stamp or a price list keeps its detail.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.drift.distinct import Distinct

BINS = 4_096
_WIDEST = 63
_FLIP = np.int64(0x7FFF_FFFF_FFFF_FFFF)
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def _nothing() -> Integers:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbers:
    """Finite numbers, counted.

    Attributes:
        count: how many.
        mean: their mean; 0 if there are none.
        deviations: the sum of their squared distances to the mean.
        minimum, maximum: of them; infinite if there are none.
        shift: how many bits of each number are dropped.
        keys: the bins that hold something, ascending, shape (b,).
        counts: what they hold, shape (b,).
        distinct: how many different ones there are.
    """

    count: int = 0
    mean: float = 0.0
    deviations: float = 0.0
    minimum: float = np.inf
    maximum: float = -np.inf
    shift: int = 0
    keys: Integers = field(default_factory=_nothing)
    counts: Integers = field(default_factory=_nothing)
    distinct: Distinct = field(default_factory=Distinct)

    @classmethod
    def of(cls, values: Floats, times: Integers | None = None) -> "Numbers":
        """Count finite numbers.

        Args:
            values: shape (n,).
            times: how often each occurs, shape (n,); once by default.
        """
        if not len(values):
            return cls()
        order = None if times is None else np.argsort(values, kind="stable")
        # Adding zero makes -0.0 and 0.0 one value.
        ordered = (np.sort(values) if order is None else values[order]) + 0.0
        weights = None if order is None or times is None else times[order]
        counted = len(ordered) if weights is None else int(weights.sum())
        keys = _keys(ordered)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = _finite(np.average(ordered, weights=weights))
            deviations = _finite(np.average((ordered - mean) ** 2, weights=weights) * np.float64(counted))
        shift = _shift(keys, 0)
        bins, counts = _grouped(keys >> shift, weights)
        return cls(
            count=counted,
            mean=mean,
            deviations=deviations,
            minimum=float(ordered[0]),
            maximum=float(ordered[-1]),
            shift=shift,
            keys=bins,
            counts=counts,
            distinct=Distinct.of_bits(keys if shift else bins),  # with no bits dropped each bin is a value
        )

    def merge(self, other: "Numbers") -> "Numbers":
        """Of both parts. Mean and deviations as Chan, Golub and LeVeque (1983) combine them."""
        if not self.count or not other.count:
            return self if self.count else other
        total, apart = self.count + other.count, other.mean - self.mean
        shift = max(self.shift, other.shift)
        keys = np.concatenate([self.keys >> (shift - self.shift), other.keys >> (shift - other.shift)])
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], np.concatenate([self.counts, other.counts])[order]
        final = _shift(keys, shift)
        bins, counts = _grouped(keys >> (final - shift), counts)
        return Numbers(
            count=total,
            mean=_finite(self.mean + apart * (other.count / total)),
            deviations=_finite(
                self.deviations + other.deviations + apart * apart * (self.count * (other.count / total))
            ),
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
            shift=final,
            keys=bins,
            counts=counts,
            distinct=self.distinct.merge(other.distinct),
        )

    @property
    def std(self) -> float:
        """The standard deviation of the population; 0 if there are none."""
        return float(np.sqrt(self.deviations / self.count)) if self.count else 0.0

    def at(self, shift: int) -> tuple[Integers, Integers]:
        """Bins and counts on a grid as coarse as this one or coarser."""
        return _grouped(self.keys >> (shift - self.shift), self.counts)

    @property
    def values(self) -> Floats:
        """What stands for each bin, shape (b,): the value itself where no bits are dropped, else the bin's middle."""
        return middles(self.keys, self.shift, self.minimum, self.maximum)

    def ranked(self, ranks: Integers) -> Floats:
        """What stands for the values of these ranks (0 is the smallest), shape (r,)."""
        return self.values[np.searchsorted(np.cumsum(self.counts), ranks, side="right")]

    def quantile(self, share: float) -> float:
        """By nearest rank; the numbers must be some."""
        return float(self.ranked(np.array([max(0, int(np.ceil(share * self.count)) - 1)]))[0])

    @property
    def coarseness(self) -> float:
        """The share of the fullest bin that holds more than one value: no rank is further off than that."""
        return 0.0 if not self.shift else float(self.counts.max() / self.count)


def middles(keys: Integers, shift: int, minimum: float, maximum: float) -> Floats:
    """The middle of each bin, within what was seen."""
    if not shift:
        return _floats(keys)
    low = _floats(keys << shift)
    with np.errstate(over="ignore", invalid="ignore"):
        high = _floats((keys << shift) + np.int64((1 << shift) - 1))
        middle = np.clip(np.nan_to_num(low / 2 + high / 2, nan=maximum), minimum, maximum)
    # Zero is a value of its own far more often than it is the least of the smallest numbers there are.
    found: Floats = np.where(keys == 0, max(0.0, minimum), middle)
    return found


def _finite(value: float | np.floating[Any]) -> float:
    """Sums of the largest numbers there are stop at the largest number: JSON has no infinity."""
    return float(np.nan_to_num(value))


def _keys(values: Floats) -> Integers:
    """The bits of ascending numbers as integers that ascend too."""
    bits: Integers = values.view(np.int64)
    return bits if values[0] >= 0 else np.where(bits < 0, bits ^ _FLIP, bits)


def _floats(keys: Integers) -> Floats:
    floats: Floats = np.where(keys < 0, keys ^ _FLIP, keys).astype(np.int64).view(np.float64)
    return floats


def _shift(keys: Integers, already: int) -> int:
    """The least number of bits to drop, so that ascending keys (of which so many are dropped) need no more bins."""
    changes = keys[1:] ^ keys[:-1]
    low, high = 0, _WIDEST - already
    while low < high:
        middle = (low + high) // 2
        if np.count_nonzero(changes >> middle) < BINS:
            high = middle
        else:
            low = middle + 1
    return already + low


def _grouped(keys: Integers, weights: Integers | None) -> tuple[Integers, Integers]:
    """Ascending keys once each, and how often they occur."""
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else _nothing()
    if weights is None:
        return keys[starts], np.diff(starts, append=len(keys))
    return keys[starts], np.add.reduceat(weights, starts) if len(keys) else _nothing()
