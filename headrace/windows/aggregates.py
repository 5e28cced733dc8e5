"""What a bucket keeps of its events, and how a window's buckets become a value.

A new window function is added here: the columns it needs (``columns_of``), how two buckets combine (``combine``),
what one event contributes (``row_of``) and the value of a range of buckets (``VALUES``). ``windows_columnar`` has the
same table for numpy.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from headrace.usecase import WindowFunction

ColumnKind = Literal["count", "sum", "min", "max", "deviation"]
Slices = Sequence[Sequence[float]]
Compute = Callable[[Slices, Sequence[int]], float | None]
ABSENT: dict[ColumnKind, float] = {"count": 0, "sum": 0.0, "min": math.inf, "max": -math.inf, "deviation": 0.0}
"""What an event without a value leaves in a column: the neutral element."""


@dataclass(frozen=True, slots=True)
class Column:
    """One number per bucket.

    ``count`` without a field counts events; with a field, events that have it. ``deviation`` is the sum of squared
    deviations from the bucket's own mean, so that a standard deviation never comes from a difference of large sums.
    """

    kind: ColumnKind
    field: str | None = None


def columns_of(function: WindowFunction, over: str | None, *, optional: bool) -> tuple[Column, ...]:
    """The columns a function needs, in the order in which its value function reads them.

    Args:
        function: the window function.
        over: the aggregated field; None for ``count``.
        optional: whether events may lack the field, so that its values have to be counted apart from the events.
    """
    counted = Column("count", over if optional else None)
    by_function: dict[WindowFunction, tuple[Column, ...]] = {
        "count": (Column("count"),),
        "sum": (Column("sum", over),),
        "mean": (counted, Column("sum", over)),
        "min": (Column("min", over),),
        "max": (Column("max", over),),
        "std": (counted, Column("sum", over), Column("deviation", over)),
    }
    return by_function[function]


def row_of(columns: Sequence[Column], values: Mapping[str, float | None]) -> list[float]:
    """What one event contributes to each column."""
    row: list[float] = []
    for column in columns:
        value = 1.0 if column.field is None else values.get(column.field)
        if value is None:
            row.append(ABSENT[column.kind])
        elif column.kind == "count":
            row.append(1)
        else:
            row.append(0.0 if column.kind == "deviation" else value + 0.0)  # -0.0 becomes 0.0
    return row


def combine(columns: Sequence[Column], left: Sequence[float], right: Sequence[float]) -> list[float]:
    """The columns of two buckets taken together."""
    row: list[float] = []
    for index, column in enumerate(columns):
        a, b = left[index], right[index]
        if column.kind == "min":
            row.append(min(a, b))
        elif column.kind == "max":
            row.append(max(a, b))
        elif column.kind == "deviation":
            row.append(a + b + _between(columns, column, left, right))
        else:
            row.append(a + b)
    return row


def _between(columns: Sequence[Column], column: Column, left: Sequence[float], right: Sequence[float]) -> float:
    """What the distance of two buckets' means adds to their squared deviations (Chan, Golub and LeVeque, 1983)."""
    total = columns.index(Column("sum", column.field))
    own = Column("count", column.field)
    counted = columns.index(own if own in columns else Column("count"))
    n, m = left[counted], right[counted]
    if not n or not m:
        return 0.0
    distance = left[total] / n - right[total] / m
    return distance * distance * (n * m / (n + m))


def _sum(slices: Slices, at: Sequence[int]) -> float:
    return math.fsum(slices[at[0]])


def _count(slices: Slices, at: Sequence[int]) -> float:
    return float(sum(slices[at[0]]))


def _mean(slices: Slices, at: Sequence[int]) -> float | None:
    counted = sum(slices[at[0]])
    return math.fsum(slices[at[1]]) / counted if counted else None


def _min(slices: Slices, at: Sequence[int]) -> float | None:
    lowest = min(slices[at[0]], default=math.inf)
    return None if lowest == math.inf else lowest


def _max(slices: Slices, at: Sequence[int]) -> float | None:
    highest = max(slices[at[0]], default=-math.inf)
    return None if highest == -math.inf else highest


def _std(slices: Slices, at: Sequence[int]) -> float | None:
    counts, totals, deviations = (slices[index] for index in at)
    counted = sum(counts)
    if not counted:
        return None
    mean = math.fsum(totals) / counted
    apart = (n * (total / n - mean) ** 2 for n, total in zip(counts, totals, strict=True) if n)
    return math.sqrt((math.fsum(deviations) + math.fsum(apart)) / counted)


VALUES: dict[WindowFunction, Compute] = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "min": _min,
    "max": _max,
    "std": _std,
}
"""The value of a function over a range of buckets: gets the range of every column and where its own columns are.

None means that the window holds no value. ``std`` is the population's (divided by n).
"""
