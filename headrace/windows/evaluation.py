"""The value of every window feature of one entity and source at one point in the order of time and event id."""

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from headrace.windows.contributions import Values
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout, Track
from headrace.windows.merging import State, merge_labels
from headrace.windows.readings import More, Point

Found: TypeAlias = list[float | None]
Covered: TypeAlias = tuple[list[Any], list[int], list[int]]
"""The columns of a track; per reach and per end, where in them windows begin and end."""


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
    places = [state.positions(timestamp, event_id) for state in states]
    found: Found = []
    for number, track in enumerate(layout.tracks):
        row = None if own is None else track.contribute(own, timestamp)
        added = row is not None and not (folded and _held(states, number, timestamp, event_id))
        covered = [_covered(state, number, timestamp, *place) for state, place in zip(states, places, strict=True)]
        _read(track, covered, Point(timestamp, row), list(zip(row, strict=True)) if added and row else None, found)
    return found


def _covered(state: EventState, number: int, timestamp: int, before: int, through: int) -> Covered:
    track = state.tracks[number]
    body = len(track.times) - state.singles
    return track.columns, track.starts(timestamp), track.ends(timestamp, body, before, through)


def _read(track: Track, covered: Sequence[Covered], point: Point, added: More, found: Found) -> None:
    columns, starts, ends = covered[0]
    for reach, end, current, aggregates in track.spans:
        first, last = starts[reach], ends[end]
        more = added if current else None
        if len(covered) > 1:
            more = _elsewhere(covered[1:], reach, end, more)
        for _, read, fill in aggregates:
            value = read(columns, first, last if last > first else first, more, point)
            found.append(fill if value is None else value)


def _elsewhere(covered: Sequence[Covered], reach: int, end: int, more: More) -> More:
    """Per column the entries that other states hold within a span, and ``more``."""
    together: list[list[Any]] = [[*entries] for entries in more] if more else [[] for _ in covered[0][0]]
    for columns, starts, ends in covered:
        for entries, column in zip(together, columns, strict=True):
            entries.extend(column[index] for index in range(starts[reach], ends[end]))
    return together


def _held(states: Sequence[EventState], number: int, timestamp: int, event_id: str) -> bool:
    return any(state.may_hold(timestamp, event_id, state.tracks[number]) for state in states)


def label_values(layout: Layout, states: Sequence[LabelState], timestamp: int) -> Found:
    """The features of an entity's labels, in the layout's order, from the labels given by a time in seconds."""
    seen = [state.visible(timestamp) for state in states] or [LabelState(layout)]
    state = seen[0] if len(seen) == 1 else merge_labels(seen)
    found: Found = []
    for track in layout.tracks:
        for span, (first, last) in zip(track.spans, state.ranges(track, timestamp), strict=True):
            counted, ones = last - first, state.values.count(1, first, last)
            for _, read, fill in span.aggregates:
                value = read(counted, ones)
                found.append(fill if value is None else value)
    return found
