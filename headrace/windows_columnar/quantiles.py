"""Quantiles by nearest rank over the bins of ``sketches``: an order statistic of bin numbers."""

import numpy as np

from headrace.window_functions.sketches import Share, bin_of, representative
from headrace.windows_columnar.columns import Floats, Integers
from headrace.windows_columnar.ranges import Ranges
from headrace.windows_columnar.rows import counted_before
from headrace.windows_columnar.selection import smallest


class Binned:
    """One column in bins, for quantiles of any range."""

    def __init__(self, values: Floats) -> None:
        known = ~np.isnan(values)
        self._before = counted_before(known)
        numbers, self._ranks = np.unique(_bins(values[known]), return_inverse=True)
        self._middles = np.array([representative(int(it)) for it in numbers], dtype=np.float64)

    def quantile(self, share: Share, covered: Ranges) -> Floats:
        """The quantile of the values in every range; NaN where there is none."""
        found = np.full(len(covered.first), np.nan)
        first, last = self._before[covered.first], self._before[covered.last]
        some = np.flatnonzero(last > first)
        first, last = first[some], last[some]
        numerator, denominator = share
        rank = -(-numerator * (last - first) // denominator) - 1  # the first whose cumulative count reaches the share
        found[some] = self._middles[smallest(self._ranks, Ranges(first, last), rank)] if len(some) else 0.0
        return found


def _bins(values: Floats) -> Integers:
    """The bin of every value. Each different value goes through the scalar function, so that both kernels agree."""
    distinct, place = np.unique(values, return_inverse=True)
    return np.array([bin_of(it) for it in distinct.tolist()], dtype=np.int64)[place]


def to_bins(values: Floats) -> Floats:
    """Every value at the precision of quantiles: the representative of its bin; NaN stays."""
    known = ~np.isnan(values)
    numbers, place = np.unique(_bins(values[known]), return_inverse=True)
    rounded = np.full(len(values), np.nan)
    rounded[known] = np.array([representative(int(it)) for it in numbers], dtype=np.float64)[place]
    return rounded
