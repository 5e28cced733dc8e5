"""How far single windows of quiet times are from all of them together: what is normal for a window, and so no drift.

A window of a day is not a small copy of two months. A Sunday has weekends only, and a feature that remembers a month
moves slowly. Rows are not independent then, and no formula for sampling noise knows; quiet windows do.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from headrace.drift.aligned import Pair
from headrace.drift.summary import Summary

LEAST_WINDOWS = 3
"""Fewer say little."""


def unrest(whole: Summary, windows: Sequence[Summary]) -> Mapping[str, float]:
    """The largest distance of a window from the whole, by column; empty if there are too few windows.

    Windows with fewer than half as many rows as is usual are left out: those at the ends may be cut.

    Args:
        whole: of all rows.
        windows: of the same rows, window by window.
    """
    usual = median(it.rows for it in windows) if windows else 0
    full = [it for it in windows if it.rows and 2 * it.rows >= usual]
    if len(full) < LEAST_WINDOWS:
        return {}
    found: dict[str, float] = {}
    for window in full:
        for name, column in window.columns.items():
            if name in whole.columns and (pair := Pair.of(whole.columns[name], column)):
                found[name] = max(found.get(name, 0.0), pair.largest_gap)
    return found
