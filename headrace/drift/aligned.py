"""Two columns side by side: counts of the same bins or categories, and every distance that makes sense for them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from headrace.drift import distances
from headrace.drift.column import Column
from headrace.drift.numbers import Numbers, middles
from headrace.drift.texts import Texts

Integers = npt.NDArray[np.int64]
_GROUPS = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """Counts of the same bins, shape (b,): ``p`` of the baseline, ``q`` of what is compared.

    Attributes:
        values: what stands for each bin of numbers, shape (b,), ascending; empty for categories.
        names: the categories; empty for numbers and for texts that are binned by their hash.
        spread: the baseline's standard deviation.
    """

    p: Integers
    q: Integers
    values: npt.NDArray[np.float64]
    names: tuple[str, ...] = ()
    spread: float = 0.0

    @classmethod
    def of(cls, baseline: Column, current: Column) -> "Pair | None":
        """None if either has no values of the kind that the baseline mostly has."""
        if baseline.kind == "text":
            ours, theirs = categories(baseline), categories(current)
            return _of_texts(ours, theirs) if ours.count and theirs.count else None
        if not baseline.numbers.count or not current.numbers.count:
            return None
        return _of_numbers(baseline.numbers, current.numbers)

    @property
    def numeric(self) -> bool:
        """Whether its bins are of numbers."""
        return len(self.values) > 0

    @property
    def sizes(self) -> tuple[int, int]:
        """How many values there are of each."""
        return int(self.p.sum()), int(self.q.sum())

    @cached_property
    def largest_gap(self) -> float:
        """The effect that drift is judged by, 0 to 1: Kolmogorov-Smirnov of numbers, L-infinity of categories."""
        measure = distances.kolmogorov_smirnov if self.numeric else distances.linf_categories
        return measure(self.p, self.q)

    @cached_property
    def grouped(self) -> tuple[Integers, Integers]:
        """Numbers in tenths of the baseline (fewer where values repeat); categories as they are."""
        if not self.numeric:
            return self.p, self.q
        below = np.cumsum(self.p) / self.p.sum()
        group = np.minimum((below - self.p / self.p.sum() / 2) * _GROUPS, _GROUPS - 1).astype(np.int64)
        return tuple(np.bincount(group, it, _GROUPS).astype(np.int64)[_used(group)] for it in (self.p, self.q))  # type: ignore[return-value] # two of two


def categories(column: Column) -> Texts:
    """The texts of a column; numbers among them are texts too, as they would be in a file of texts."""
    numbers = column.numbers
    if not numbers.count:
        return column.texts
    if numbers.shift:
        return column.texts.merge(Texts.of({"(numbers)": numbers.count}))
    named = {f"{value:.15g}": int(times) for value, times in zip(numbers.values, numbers.counts, strict=True)}
    return column.texts.merge(Texts.of(named))


def _of_numbers(baseline: Numbers, current: Numbers) -> Pair:
    shift = max(baseline.shift, current.shift)
    (one, p), (other, q) = baseline.at(shift), current.at(shift)
    keys = np.union1d(one, other)
    low, high = min(baseline.minimum, current.minimum), max(baseline.maximum, current.maximum)
    return Pair(
        p=_placed(keys, one, p), q=_placed(keys, other, q), values=middles(keys, shift, low, high), spread=baseline.std
    )


def _of_texts(baseline: Texts, current: Texts) -> Pair:
    nothing = np.zeros(0)
    if baseline.others:
        return _of_frequent(baseline, current)
    if not baseline.exact or not current.exact:
        p, q = baseline.hashed(), current.hashed()
        used = (p + q) > 0
        return Pair(p=p[used], q=q[used], values=nothing)
    names = sorted(baseline.named.keys() | current.named.keys())
    p, q = (np.array([it.named.get(name, 0) for name in names], dtype=np.int64) for it in (baseline, current))
    return Pair(p=p, q=q, values=nothing, names=tuple(names))


def _of_frequent(baseline: Texts, current: Texts) -> Pair:
    """A baseline that knows its frequent texts only: all others are one category."""
    names = sorted(baseline.named)
    p, q = ([it.named.get(name, 0) for name in names] for it in (baseline, current))
    counts = (np.array([*one, whole.count - sum(one)]) for one, whole in ((p, baseline), (q, current)))
    return Pair(p=next(counts), q=next(counts), values=np.zeros(0), names=(*names, "(other)"))


def _placed(keys: Integers, own: Integers, counts: Integers) -> Integers:
    placed = np.zeros(len(keys), dtype=np.int64)
    placed[np.searchsorted(keys, own)] = counts
    return placed


def _used(group: Integers) -> Integers:
    return np.unique(group)
