"""Which rows each window covers: rows sorted by entity and time, windows as ranges of them."""

from dataclasses import dataclass

import numpy as np

from headrace.usecase import WindowFeature
from headrace.windows_columnar.columns import Integers, Objects

_SPAN_S = 1 << 33
"""More seconds than any event time has, so that entity and time fit one sorted 64-bit key."""


@dataclass(frozen=True)
class Ranges:
    """For every point the range [first, last) of rows that its window covers."""

    first: Integers
    last: Integers


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by entity and time: entity codes, times, and the table's row that each came from."""

    codes: Integers
    times: Integers
    rows: Integers

    @property
    def keys(self) -> Integers:
        """Entity and time in one ascending number."""
        return sorted_keys(self.codes, self.times)


@dataclass(frozen=True)
class Points:
    """The evaluated events: entity codes, times, and where they stand in the timeline of events.

    Events of one entity, time and id are one point: ``first`` is where the first of them stands, ``last`` is one after
    the last.
    """

    codes: Integers
    times: Integers
    at: Integers
    first: Integers
    last: Integers


def timeline(codes: Integers, times: Integers) -> Timeline:
    """Sort rows, given in the order of time, by entity."""
    rows = np.argsort(codes, kind="stable")
    return Timeline(codes[rows], times[rows], rows)


def points(line: Timeline, ids: Objects, since_row: int) -> Points:
    """The events to evaluate: those of the table's rows from ``since_row`` on.

    Args:
        line: the events, ordered by id within a second.
        ids: their ids, in the table's order.
        since_row: the first of the table's rows to evaluate.
    """
    ids, count = ids[line.rows], len(line.rows)
    begins = np.ones(count, dtype=bool)
    begins[1:] = (line.codes[1:] != line.codes[:-1]) | (line.times[1:] != line.times[:-1])
    begins[1:] |= ids[1:] != ids[:-1]
    starts = np.append(np.flatnonzero(begins), count)
    at = np.flatnonzero(line.rows >= since_row)
    own = (np.cumsum(begins) - 1)[at]
    return Points(line.codes[at], line.times[at], at, starts[own], starts[own + 1])


def sorted_keys(codes: Integers, times: Integers) -> Integers:
    """Entity and time in one ascending number."""
    return codes * _SPAN_S + times


def event_ranges(keys: Integers, at: Points, feature: WindowFeature) -> Ranges:
    """The events with these keys that a window covers at every point."""
    if feature.delay_s:
        return delayed_ranges(keys, at, feature)
    first = np.searchsorted(keys, sorted_keys(at.codes, _begin(at.times, feature)))
    return Ranges(first, at.last if feature.current else at.first)


def delayed_ranges(keys: Integers, at: Points, feature: WindowFeature) -> Ranges:
    """The events or labels with these keys that a delayed window covers at every point."""
    resolution = feature.resolution_s
    end = np.maximum((at.times - feature.delay_s + 1) // resolution * resolution, 0)
    first = np.searchsorted(keys, sorted_keys(at.codes, _begin(at.times, feature)))
    return Ranges(first, np.maximum(first, np.searchsorted(keys, sorted_keys(at.codes, end))))


def _begin(times: Integers, feature: WindowFeature) -> Integers:
    before = times - feature.delay_s - feature.length_s
    return np.maximum((before // feature.resolution_s + 1) * feature.resolution_s, 0)
