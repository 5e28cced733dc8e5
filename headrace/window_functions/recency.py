"""Functions of when something was: last, time_since_last, time_since_first."""

import math
from collections.abc import Callable

from headrace.window_functions.function import Columns, More, Point, Read, WindowFunction


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


LAST = WindowFunction(name="last", takes="codes", keeps=("last_at", "last"), reading=_last, looks_back=True)


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


TIME_SINCE_LAST = WindowFunction(
    name="time_since_last",
    takes="nothing",
    keeps=("newest",),
    reading=_age(max, of_first=False),
    looks_back=True,
)
TIME_SINCE_FIRST = WindowFunction(
    name="time_since_first",
    takes="nothing",
    keeps=("oldest",),
    reading=_age(min, of_first=True),
)
