"""Functions of when something was: last, time_since_last, time_since_first, time_since_true, session_length."""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

from headrace.window_functions.function import Columns, More, Point, Read, WindowFunction

SESSION_GAP_S = 1_800
"""After so many seconds without an event a session has ended: half an hour, as web analytics count visits.

Google Analytics and Adobe Analytics have it as their default, since Catledge and Pitkow measured 25.5 minutes
("Characterizing browsing strategies in the World-Wide Web", 1995).
"""


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


def _since_true(at: int) -> Read:
    def read(columns: Columns, first: int, last: int, more: More, point: Point) -> float | None:
        newest = max(columns[at][first:last], default=0)
        if more is not None:
            newest = max([newest, *more[at]])
        return max(0.0, float(point[0] - newest)) if newest else None

    return read


TIME_SINCE_TRUE = WindowFunction(
    name="time_since_true",
    takes="numbers",
    keeps=("newest",),
    reading=_since_true,
    looks_back=True,
)


def _session_length(oldest: int, newest: int) -> Read:
    """Of entries in the order of time: each lies within one session, and between two of them one may have ended."""

    def read(columns: Columns, first: int, last: int, more: More, _: Point) -> float | None:
        begins, ends = columns[oldest][first:last], columns[newest][first:last]
        if more is not None:  # those of several states lie among each other
            spans = sorted(zip([*begins, *more[oldest]], [*ends, *more[newest]], strict=True))
            begins, ends = [begin for begin, _ in spans], [*accumulate((end for _, end in spans), max)]
        return _mean_session(begins, ends) if begins else None

    return read


def _mean_session(begins: Sequence[int], ends: Sequence[int]) -> float:
    """The mean length of sessions in seconds: of all the time between the first event and the last, what was no break.

    Args:
        begins: when each entry's oldest event was, ascending; at least one.
        ends: when the newest event was of each entry or any before it.
    """
    gap_s = SESSION_GAP_S
    breaks = [silence for begin, end in zip(begins[1:], ends, strict=False) if (silence := begin - end) > gap_s]
    return (ends[-1] - begins[0] - sum(breaks)) / (len(breaks) + 1)


SESSION_LENGTH = WindowFunction(
    name="session_length",
    takes="nothing",
    keeps=("oldest", "newest"),
    reading=_session_length,
    coarsest_s=SESSION_GAP_S,
)
