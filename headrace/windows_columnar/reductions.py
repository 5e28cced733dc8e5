"""Aggregates over many ranges of one column at once, by doubling.

Level k of the table holds the aggregate of the 2^k values from each row on; a range is put together from the binary
digits of its length. Nothing is ever subtracted, so a small window after large values loses no digits, and the same
walk serves minimum, maximum and squared deviations. Sums carry what rounding took from them, so they come out
within a last bit of ``math.fsum``.
Cost: rows x log2(longest range).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from headrace.windows_columnar.columns import Floats
from headrace.windows_columnar.ranges import Ranges

Parts = tuple[Floats, ...]


@dataclass(frozen=True)
class Reduction:
    """An associative aggregate: what one value contributes, how two parts combine, and what nothing is."""

    start: Callable[[Floats], Parts]
    combine: Callable[[Parts, Parts], Parts]
    neutral: tuple[float, ...]


def reduce_ranges(reduction: Reduction, values: Floats, windows: Sequence[Ranges]) -> list[Parts]:
    """Aggregate every range of every window.

    Args:
        reduction: the aggregate.
        values: one value per row, NaN where it is missing.
        windows: ranges over these rows; they share the table.

    Returns:
        Per window the aggregate's parts, one number per range.
    """
    results = [tuple(np.full(len(it.first), empty) for empty in reduction.neutral) for it in windows]
    positions = [it.first.copy() for it in windows]
    lengths = [it.last - it.first for it in windows]
    longest = max((int(length.max(initial=0)) for length in lengths), default=0)
    table, step = reduction.start(values), 1
    while step <= longest:
        for parts, position, length in zip(results, positions, lengths, strict=True):
            rows = np.flatnonzero(length & step)
            at = position[rows]
            merged = reduction.combine(tuple(part[rows] for part in parts), tuple(level[at] for level in table))
            for part, new in zip(parts, merged, strict=True):
                part[rows] = new
            position[rows] += step
        table = reduction.combine(tuple(it[:-step] for it in table), tuple(it[step:] for it in table))
        step *= 2
    return results


def _join_totals(left: Parts, right: Parts) -> Parts:
    """Count, sum and the sum's rounding error of two parts together (Knuth's exact addition of two numbers)."""
    (n, total_n, error_n), (m, total_m, error_m) = left, right
    total = total_n + total_m
    added = total - total_n
    return n + m, total, error_n + error_m + ((total_n - (total - added)) + (total_m - added))


def _join_lowest(left: Parts, right: Parts) -> Parts:
    return (np.minimum(left[0], right[0]),)


def _join_highest(left: Parts, right: Parts) -> Parts:
    return (np.maximum(left[0], right[0]),)


def _join_moments(left: Parts, right: Parts) -> Parts:
    """Count, mean and squared deviations of two parts together (Chan, Golub and LeVeque, 1983)."""
    (n, mean_n, squares_n), (m, mean_m, squares_m) = left, right
    counted = n + m
    share = np.divide(m, counted, out=np.zeros_like(counted), where=counted > 0)
    distance = mean_m - mean_n
    return counted, mean_n + distance * share, squares_n + squares_m + distance * distance * n * share


def _known(values: Floats) -> Floats:
    return (~np.isnan(values)).astype(np.float64)


TOTALS = Reduction(
    lambda values: (_known(values), np.nan_to_num(values), np.zeros(len(values))), _join_totals, (0.0, 0.0, 0.0)
)
"""How many values there are, their sum, and what its rounding left out."""
LOWEST = Reduction(lambda values: (np.nan_to_num(values, nan=np.inf),), _join_lowest, (np.inf,))
"""The minimum; infinity if there is no value."""
HIGHEST = Reduction(lambda values: (np.nan_to_num(values, nan=-np.inf),), _join_highest, (-np.inf,))
"""The maximum; minus infinity if there is no value."""
MOMENTS = Reduction(
    lambda values: (_known(values), np.nan_to_num(values), np.zeros(len(values))), _join_moments, (0.0, 0.0, 0.0)
)
"""How many values there are, their mean, and the sum of their squared deviations from it."""
