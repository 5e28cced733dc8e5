"""The value of every window function over the entries that a window covers.

A reading gets the columns of a track and the range of entries that the window covers; more entries, per column, that
are held elsewhere (by another shard's state, or by none yet, as those of the evaluated event); and the point of
evaluation. None as a value means that the window holds none, or that it is not finite.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeAlias

from headrace.usecase import WindowFunction
from headrace.windows.aggregates import Row
from headrace.windows.columns import ONES
from headrace.windows.sketches import distinct, is_new, quantile

Columns: TypeAlias = Sequence[Any]
More: TypeAlias = Sequence[Sequence[Any]] | None
Point: TypeAlias = tuple[int, Row | None]
"""Where a window is evaluated: the time in seconds and, if known, what the event there contributes itself."""
Read: TypeAlias = Callable[[Columns, int, int, More, Point], float | None]
ROUNDING = 1e-12
"""A standard deviation of no more than this share of the mean is rounding: the values are all the same, and it is 0."""


def _sum(at: int) -> Read:
    """Correctly rounded, so that it is the same however the events are dealt to states."""

    def read(columns: Columns, first: int, last: int, more: More, _: Point) -> float | None:
        numbers = columns[at][first:last]
        if more is not None:
            numbers.extend(more[at])
        return _fsum(numbers)

    return read


def _fsum(numbers: Iterable[float]) -> float | None:
    try:
        total = math.fsum(numbers)
    except (OverflowError, ValueError):  # beyond the largest number, or infinities of both signs
        return None
    return total if math.isfinite(total) else None


def mean_of(numbers: Iterable[float], counted: int) -> float | None:
    """The mean of so many values, from sums of them."""
    try:
        mean = math.fsum(numbers) / counted
    except (ZeroDivisionError, OverflowError, ValueError):  # no values, or as in ``_fsum``
        return None
    return mean if math.isfinite(mean) else None


def _mean(counts: int, sums: int) -> Read:
    def read(columns: Columns, first: int, last: int, more: More, _: Point) -> float | None:
        each, numbers = columns[counts], columns[sums][first:last]
        counted = last - first if each is ONES else sum(each[first:last])
        if more is not None:
            counted += sum(more[counts])
            numbers.extend(more[sums])
        return mean_of(numbers, counted)

    return read


def _mean_or_column(counts: int, sums: int) -> Read | int:
    return _mean(counts, sums) if counts else sums


def _extreme(choose: Callable[..., float], nothing: float) -> Callable[[int], Read]:
    def reading(at: int) -> Read:
        def read(columns: Columns, first: int, last: int, more: More, _: Point) -> float | None:
            numbers = columns[at][first:last]
            if more is not None:
                numbers.extend(more[at])
            found = choose(numbers, default=nothing)
            return None if found == nothing else found

        return read

    return reading


def _std(counts: int, sums: int, deviations: int) -> Read:
    """The population's standard deviation: from the buckets' own, and from how far their means lie apart."""
    mean_of = _mean(counts, sums)

    def read(columns: Columns, first: int, last: int, more: More, point: Point) -> float | None:
        mean = mean_of(columns, first, last, more, point)
        if mean is None:
            return None
        n, total, squares = (_entries(columns, at, first, last, more) for at in (counts, sums, deviations))
        apart = [(m, summed / m - mean) for m, summed in zip(n, total, strict=True) if m]
        deviation = _fsum([*squares, *(m * distance * distance for m, distance in apart)])
        if deviation is None:
            return None
        deviation = math.sqrt(deviation / sum(n))
        return deviation if deviation > ROUNDING * abs(mean) else 0.0

    return read


def _entries(columns: Columns, at: int, first: int, last: int, more: More) -> list[Any]:
    return [*columns[at][first:last], *(() if more is None else more[at])]


def _hashes(columns: Columns, at: int, first: int, last: int, more: More) -> list[int]:
    begin, end = columns[at].cells_of(first, last)
    return sorted({*columns[at].cells[begin:end], *chain.from_iterable(() if more is None else more[at])})


def _distinct(at: int) -> Read:
    return lambda columns, first, last, more, _: distinct(_hashes(columns, at, first, last, more))


def _is_new(at: int) -> Read:
    def read(columns: Columns, first: int, last: int, more: More, point: Point) -> float | None:
        own = None if point[1] is None else point[1][at]
        return is_new(_hashes(columns, at, first, last, more), own[0]) if own else None

    return read


def _quantile(function: WindowFunction) -> Callable[[int], Read]:
    def reading(at: int) -> Read:
        def read(columns: Columns, first: int, last: int, more: More, _: Point) -> float | None:
            column = columns[at]
            begin, end = column.cells_of(first, last)
            counts: dict[int, int] = {}
            found = zip(column.cells[begin:end], column.counts[begin:end], strict=True)
            for number, count in chain(found, chain.from_iterable(() if more is None else more[at])):
                counts[number] = counts.get(number, 0) + count
            return quantile(sorted(counts.items()), sum(counts.values()), function)

        return read

    return reading


def _last(times: int, values: int) -> Read:
    def read(columns: Columns, first: int, last: int, more: More, _: Point) -> float | None:
        found = (
            [] if more is None else [it for it in zip(more[times], more[values], strict=True) if not math.isnan(it[1])]
        )
        latest = -1
        for at in range(last - 1, first - 1, -1):
            second, value = columns[times][at], columns[values][at]
            if second < latest:
                break
            if not math.isnan(value):
                latest = second
                found.append((second, value))
        return max(found)[1] if found else None

    return read


def _age(choose: Callable[..., int], *, of_first: bool) -> Callable[[int], Read]:
    """Never below 0, though a bucket that holds the point may hold what came after it."""

    def reading(at: int) -> Read:
        def read(columns: Columns, first: int, last: int, more: More, point: Point) -> float | None:
            times = [] if more is None else [*more[at]]
            if last > first:
                times.append(columns[at][first if of_first else last - 1])
            return max(0.0, float(point[0] - choose(times))) if times else None

        return read

    return reading


READINGS: dict[WindowFunction, Callable[..., Read | int | None]] = {
    "count": lambda _: None,
    "sum": _sum,
    "mean": _mean_or_column,
    "min": _extreme(min, math.inf),
    "max": _extreme(max, -math.inf),
    "std": _std,
    "p10": _quantile("p10"),
    "p50": _quantile("p50"),
    "p90": _quantile("p90"),
    "distinct": _distinct,
    "is_new": _is_new,
    "last": _last,
    "time_since_last": _age(max, of_first=False),
    "time_since_first": _age(min, of_first=True),
}
"""Per function: from where its columns are in the track to its reading.

The two most common ones need none, because a track's first column counts events: None stands for their count, and a
number for the mean of that column over all of them.
"""
