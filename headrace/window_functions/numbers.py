"""Functions that compute with numbers, of events and of labels: count, sum, mean, min, max, std."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from headrace.window_functions.function import Columns, More, Point, Read, WindowFunction

ROUNDING = 1e-12
"""A standard deviation of no more than this share of the mean is rounding: the values are all the same, and it is 0."""

COUNT = WindowFunction(
    name="count",
    takes="nothing",
    keeps=("count",),
    reading=lambda _: None,
    of_nothing=0.0,
    of_labels=lambda counted, _: float(counted),
)


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


SUM = WindowFunction(
    name="sum",
    takes="numbers",
    keeps=("sum",),
    reading=_sum,
    of_nothing=0.0,
    of_labels=lambda _, ones: float(ones),
)


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
        alike = each.__class__ is numbers.__class__  # packed numbers as the sums are; else nothing but ones
        counted = sum(each[first:last]) if alike else last - first
        if more is not None:
            counted += sum(more[counts])
            numbers.extend(more[sums])
        return mean_of(numbers, counted)

    return read


MEAN = WindowFunction(
    name="mean",
    takes="numbers",
    keeps=("count", "sum"),
    reading=lambda counts, sums: _mean(counts, sums) if counts else sums,
    of_labels=lambda counted, ones: ones / counted if counted else None,
)


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


STD = WindowFunction(
    name="std",
    takes="numbers",
    keeps=("count", "sum", "deviation"),
    reading=_std,
    of_labels=lambda counted, ones: math.sqrt(ones * (counted - ones)) / counted if counted else None,
)


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


MIN = WindowFunction(
    name="min",
    takes="numbers",
    keeps=("min",),
    reading=_extreme(min, math.inf),
    of_labels=lambda counted, ones: float(ones == counted) if counted else None,
)
MAX = WindowFunction(
    name="max",
    takes="numbers",
    keeps=("max",),
    reading=_extreme(max, -math.inf),
    of_labels=lambda counted, ones: float(ones > 0) if counted else None,
)
