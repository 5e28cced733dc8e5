"""The value of every window feature of one entity and source at one point in the order of time and event id."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from headrace.windows.contributions import Values
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout
from headrace.windows.merging import State, merge_labels
from headrace.windows.readings import More
from headrace.windows.track_state import TrackState

Found: TypeAlias = list[float | None]
Covered: TypeAlias = tuple[TrackState, list[int]]
"""A track of one state, and where windows end in it, per end of the track."""


def evaluate(
    layout: Layout,
    states: Sequence[State],
    *,
    timestamp: int,
    event_id: str,
    current: Values | None = None,
    own: Values | None = None,
) -> dict[str, float | None]:
    """Evaluate every feature of a layout over all states that hold a part of the entity.

    Args:
        layout: the layout of all the states.
        states: one per shard; none is an entity never seen.
        timestamp: the time of evaluation, in seconds.
        event_id: the id that orders within that second.
        current: values of an event at exactly this point that no state holds yet; it counts where windows count it.
        own: values of the event at this point if the states were given it (``current`` says the rest): ``is_new``
            compares with them, and an event that came so late that its state dropped it counts nevertheless.

    Returns:
        One value per feature name; None where the window is empty and the use case names no fill.
    """
    if layout.source == "labels":
        found = label_values(layout, cast(Sequence[LabelState], states), timestamp)
    else:
        events = cast(Sequence[EventState], states)
        known = current is None
        found = event_values(layout, events, timestamp, event_id, own=own if known else current, folded=known)
    return dict(zip(layout.names, found, strict=True))


def event_values(
    layout: Layout, states: Sequence[EventState], timestamp: int, event_id: str, *, own: Values | None, folded: bool
) -> Found:
    """The features of an entity's events, in the layout's order.

    Args:
        layout: the layout of all the states.
        states: one per shard.
        timestamp: the time of evaluation, in seconds.
        event_id: the id that orders within that second.
        own: the values of the event at this point, if there is one.
        folded: whether the states were given that event.
    """
    if not states:
        states = [EventState(layout)]
    found: Found = []
    for number, track in enumerate(layout.tracks):
        row = None if own is None else track.contribute(own, timestamp)
        added: More = None
        if row is not None and not (folded and _held(states, number, timestamp, event_id)):
            added = [(entry,) for entry in row]
        covered = [_covered(state, number, timestamp, event_id) for state in states]
        held, ends = covered[0]
        times, columns, resolution, point = held.times, held.columns, track.resolution_s, (timestamp, row)
        for reach, end, current, aggregates in track.spans:
            begin = (timestamp - reach) // resolution * resolution + resolution
            first, last, more = bisect_left(times, begin), ends[end], added if current else None
            if len(covered) > 1:
                more = _together(covered[1:], begin, end, more)
            for _, read, fill in aggregates:
                value = read(columns, first, last if last > first else first, more, point)
                found.append(fill if value is None else value)
    return found


def _covered(state: EventState, number: int, timestamp: int, event_id: str) -> Covered:
    track = state.tracks[number]
    before, through = state.positions(timestamp, event_id)
    return track, track.ends(timestamp, len(track.times) - state.singles, before, through)


def _together(covered: Sequence[Covered], begin: int, end: int, more: More) -> More:
    """Per column the entries of a span that these states hold, and ``more``."""
    together: list[list[Any]] = [[*entries] for entries in more] if more else [[] for _ in covered[0][0].columns]
    for track, ends in covered:
        inside = range(bisect_left(track.times, begin), ends[end])
        for entries, column in zip(together, track.columns, strict=True):
            entries.extend(column[index] for index in inside)
    return together


def _held(states: Sequence[EventState], number: int, timestamp: int, event_id: str) -> bool:
    return any(state.may_hold(timestamp, event_id, state.tracks[number]) for state in states)


def label_values(layout: Layout, states: Sequence[LabelState], timestamp: int) -> Found:
    """The features of an entity's labels, in the layout's order, from the labels given by a time in seconds."""
    if len(states) == 1 and states[0].latest <= timestamp:
        state = states[0]
    else:
        state = merge_labels([LabelState(layout), *(it.visible(timestamp) for it in states)])
    found: Found = []
    for track in layout.tracks:
        times, resolution, ends = state.times, track.resolution_s, []
        for delay, _ in track.ends:  # label windows are delayed
            ends.append(bisect_left(times, (timestamp - delay + 1) // resolution * resolution))
        for reach, end, _, aggregates in track.spans:
            first, last = bisect_left(times, (timestamp - reach) // resolution * resolution + resolution), ends[end]
            counted, ones = last - first if last > first else 0, state.values.count(1, first, last)
            for _, read, fill in aggregates:
                value = read(counted, ones)
                found.append(fill if value is None else value)
    return found
