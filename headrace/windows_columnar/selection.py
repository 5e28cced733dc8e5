"""Counts and order statistics over many ranges of one column at once, by a wavelet matrix.

Claude and Navarro, "The wavelet matrix", 2012: from the highest bit down, the column is partitioned by that bit, and
every range moves to its share of the zeros or of the ones. Only one level is in memory at a time.
Cost: (rows + ranges) x bits.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from headrace.windows_columnar.columns import Integers
from headrace.windows_columnar.ranges import Ranges


def count_below(values: Integers, covered: Ranges, bounds: Integers) -> Integers:
    """How many values of every range lie below the range's bound.

    Args:
        values: not negative; few bits make it fast.
        covered: ranges of them.
        bounds: one per range, not negative.
    """
    first, last, counted = covered.first, covered.last, np.zeros(len(bounds), dtype=np.int64)
    highest = max(int(values.max(initial=0)), int(bounds.max(initial=0)))
    for bit, zeros in _levels(values, highest):
        begin, end = zeros[first], zeros[last]
        above = (bounds >> bit & 1).astype(bool)
        counted += np.where(above, end - begin, 0)
        first = np.where(above, zeros[-1] + first - begin, begin)
        last = np.where(above, zeros[-1] + last - end, end)
    return counted


def smallest(values: Integers, covered: Ranges, ranks: Integers) -> Integers:
    """The value of a rank in every range.

    Args:
        values: not negative; few bits make it fast.
        covered: ranges of them.
        ranks: one per range, from 0 (the least) to the range's length less 1.
    """
    first, last, found = covered.first, covered.last, np.zeros(len(ranks), dtype=np.int64)
    for bit, zeros in _levels(values, int(values.max(initial=0))):
        begin, end = zeros[first], zeros[last]
        above = ranks >= end - begin
        found |= above.astype(np.int64) << bit
        ranks = np.where(above, ranks - (end - begin), ranks)
        first = np.where(above, zeros[-1] + first - begin, begin)
        last = np.where(above, zeros[-1] + last - end, end)
    return found


def _levels(values: Integers, highest: int) -> Iterator[tuple[int, Integers]]:
    """Every bit from the highest down, and how many zeros of it precede each row of its level."""
    for bit in reversed(range(highest.bit_length())):
        ones: npt.NDArray[np.bool_] = (values >> bit & 1).astype(bool)
        zeros = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(~ones, out=zeros[1:])
        yield bit, zeros
        values = np.concatenate((values[~ones], values[ones]))
