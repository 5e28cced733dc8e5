"""How many different values a window holds, and whether the point's own is among them.

A value counts in a range where its previous occurrence lies before the range, so the number of different values is a
count of smaller numbers. Beyond ``K`` of them the K-th smallest hash decides, which a tree of counts finds.
"""

from collections.abc import Iterator

import numpy as np

from headrace.window_functions.sketches import K
from headrace.windows_columnar.columns import MISSING_HASH, Booleans, Floats, Integers
from headrace.windows_columnar.ranges import Points, Ranges, Timeline
from headrace.windows_columnar.rows import counted_before
from headrace.windows_columnar.selection import count_below

_HASHES = float(1 << 32)
_HASH_BITS = 32


class Different:
    """One column by its values' hashes, for what is different in any range."""

    def __init__(self, hashes: Integers, line: Timeline, at: Points) -> None:
        known = hashes != MISSING_HASH
        self._before = counted_before(known)
        self._hashes, self._own, codes = hashes[known], hashes[at.at], line.codes[known]
        self._codes = at.codes
        self._begin = np.searchsorted(codes, at.codes)
        self._values = codes << _HASH_BITS | self._hashes
        self._order = np.argsort(self._values, kind="stable")
        self._previous = self._chained(np.searchsorted(codes, codes))

    def _chained(self, begin: Integers) -> Integers:
        """One more than the place, within its entity, of each value's previous occurrence; 0 where there is none."""
        previous = np.zeros(len(self._values), dtype=np.int64)
        before, after = self._order[:-1], self._order[1:]
        same = self._values[before] == self._values[after]
        previous[after[same]] = (before - begin[before] + 1)[same]
        return previous

    def count(self, covered: Ranges) -> Floats:
        """How many different values every range holds."""
        return self._counted(self._known(covered))[0]

    def is_new(self, covered: Ranges) -> Floats:
        """1 where the point's value is not in the range, else 0; NaN where the point has no value."""
        inside = self._known(covered)
        _, edge = self._counted(inside)
        new = ~self._held(inside) & (self._own < edge)
        return np.where(self._own == MISSING_HASH, np.nan, new.astype(np.float64))

    def _known(self, covered: Ranges) -> Ranges:
        return Ranges(self._before[covered.first], self._before[covered.last])

    def _counted(self, inside: Ranges) -> tuple[Floats, Integers]:
        """How many different values, and beyond ``K`` the K-th smallest hash (else more than any hash)."""
        exact = count_below(self._previous, inside, inside.first - self._begin + 1)
        edge = np.full(len(exact), 1 << _HASH_BITS, dtype=np.int64)
        many = np.flatnonzero(exact > K)
        for rows in _runs(self._codes[many]):
            of = many[rows]
            edge[of] = _edges(self._hashes, Ranges(inside.first[of], inside.last[of]))
        return np.where(exact > K, (K - 1) / ((edge + 1) / _HASHES), exact.astype(np.float64)), edge

    def _held(self, inside: Ranges) -> Booleans:
        """Whether the last occurrence of the point's value before the range's end lies in the range."""
        values, count = self._values[self._order], len(self._values) + 1
        number = np.cumsum(np.append(False, values[1:] != values[:-1])[: len(values)])
        places = number * count + self._order
        own = np.searchsorted(values, self._codes << _HASH_BITS | np.maximum(self._own, 0))
        own_number = np.append(number, 0)[own]
        last = np.searchsorted(places, own_number * count + inside.last) - 1
        held: Booleans = np.append(places, -1)[last] >= own_number * count + inside.first
        return held


def _runs(codes: Integers) -> Iterator[slice]:
    bounds = np.flatnonzero(np.diff(codes)) + 1
    for first, last in zip([0, *bounds], [*bounds, len(codes)], strict=True):
        if last > first:
            yield slice(first, last)


def _edges(hashes: Integers, inside: Ranges) -> list[int]:
    """The K-th smallest different hash of every range of one entity; neither bound of the ranges ever falls."""
    offset, until = int(inside.first[0]), int(inside.last[-1])
    distinct, ranks = np.unique(hashes[offset:until], return_inverse=True)
    places, present, tree = ranks.tolist(), [0] * len(distinct), _Counts(len(distinct))
    found, low, high = [], 0, 0
    for first, last in zip((inside.first - offset).tolist(), (inside.last - offset).tolist(), strict=True):
        for place in places[high:last]:
            present[place] += 1
            if present[place] == 1:
                tree.add(place, 1)
        for place in places[low:first]:
            present[place] -= 1
            if not present[place]:
                tree.add(place, -1)
        low, high = first, last
        found.append(int(distinct[tree.at(K - 1)]))
    return found


class _Counts:
    """How many of a row of places are taken, as a binary indexed tree (Fenwick, 1994)."""

    def __init__(self, size: int) -> None:
        self._sums = [0] * (size + 1)
        self._top = 1 << (size.bit_length() - 1)

    def add(self, place: int, count: int) -> None:
        """Change the count of a place."""
        sums, place = self._sums, place + 1
        while place < len(sums):
            sums[place] += count
            place += place & -place

    def at(self, rank: int) -> int:
        """The place of the taken one of this rank, from 0."""
        sums, place, step = self._sums, 0, self._top
        while step:
            following = place + step
            if following < len(sums) and sums[following] <= rank:
                place, rank = following, rank - sums[following]
            step >>= 1
        return place
