"""Which rows each window covers: rows sorted by entity and time, windows as ranges of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headrace.usecase import WindowFeature
from headrace.windows_columnar.reductions import Ranges
from headrace.windows_columnar.tables import Integers

_SPAN_S = 1 << 33
"""More seconds than any event time has, so that entity and time fit one sorted 64-bit key."""


@dataclass(frozen=True)
class Points:
    """The evaluated events, sorted by entity, time and id: entity codes, times, and the row each came from."""

    codes: Integers
    times: Integers
    ends: Integers
    rows: Integers


def points(codes: Integers, times: Integers, ids: npt.NDArray[np.object_]) -> Points:
    """Sort events, given in the order of time and id, by entity."""
    rows = np.argsort(codes, kind="stable")
    codes, times, ids = codes[rows], times[rows], ids[rows]
    last_of_its_kind = np.ones(len(rows), dtype=bool)
    last_of_its_kind[:-1] = (codes[1:] != codes[:-1]) | (times[1:] != times[:-1]) | (ids[1:] != ids[:-1])
    ends = np.flatnonzero(last_of_its_kind) + 1
    return Points(codes, times, ends[np.searchsorted(ends, np.arange(len(rows)), side="right")], rows)


def sorted_keys(codes: Integers, times: Integers) -> Integers:
    """Entity and time in one ascending number."""
    return codes * _SPAN_S + times


def event_ranges(at: Points, feature: WindowFeature) -> Ranges:
    """The events that an event window covers at every point; undelayed, the point's own event is the last of them."""
    keys = sorted_keys(at.codes, at.times)
    if feature.delay_s:
        return label_ranges(keys, at, feature)
    first = np.searchsorted(keys, sorted_keys(at.codes, _begin(at.times, feature)))
    return Ranges(first, at.ends)


def label_ranges(keys: Integers, at: Points, feature: WindowFeature) -> Ranges:
    """The rows with these keys that a delayed window covers at every point."""
    resolution = feature.resolution_s
    end = np.maximum((at.times - feature.delay_s + 1) // resolution * resolution, 0)
    first = np.searchsorted(keys, sorted_keys(at.codes, _begin(at.times, feature)))
    return Ranges(first, np.maximum(first, np.searchsorted(keys, sorted_keys(at.codes, end))))


def _begin(times: Integers, feature: WindowFeature) -> Integers:
    before = times - feature.delay_s - feature.length_s
    return np.maximum((before // feature.resolution_s + 1) * feature.resolution_s, 0)
