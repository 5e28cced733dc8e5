"""The value of every window feature of one entity and source at one point in the order of time and event id."""

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from headrace.windows.contributions import Values
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout
from headrace.windows.merging import State, merge_labels
from headrace.windows.readings import More

Found: TypeAlias = list[float | None]
Covered: TypeAlias = tuple[list[Any], list[int], list[int]]
"""The columns of a track, and where in them windows begin (per start of the track) and end (per end)."""


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
    state, *others = states or [EventState(layout)]
    found: Found = []
    for number, track in enumerate(layout.tracks):
        row = None if own is None else track.contribute(own, timestamp)
        added: More = None
        if row is not None and not (folded and _held(states, number, timestamp, event_id)):
            added = list(zip(row, strict=False))  # per column one entry
        columns, starts, ends = _covered(state, number, timestamp, event_id)
        elsewhere = [_covered(it, number, timestamp, event_id) for it in others] if others else None
        point = timestamp, row
        for start, end, current, aggregates in track.spans:
            first, last, more = starts[start], ends[end], added if current else None
            if elsewhere:
                more = _together(elsewhere, start, end, more)
            for _, read, fill in aggregates:
                value = read(columns, first, last if last > first else first, more, point)
                found.append(fill if value is None else value)
    return found


def _covered(state: EventState, number: int, timestamp: int, event_id: str) -> Covered:
    track = state.tracks[number]
    starts, ends = track.bounds(timestamp, len(track.times) - state.singles, *state.positions(timestamp, event_id))
    return track.columns, starts, ends


def _together(elsewhere: Sequence[Covered], start: int, end: int, more: More) -> More:
    """Per column the entries of a span that other states hold, and ``more``."""
    together: list[list[Any]] = [[*entries] for entries in more] if more else [[] for _ in elsewhere[0][0]]
    for columns, starts, ends in elsewhere:
        for entries, column in zip(together, columns, strict=True):
            entries.extend(column[index] for index in range(starts[start], ends[end]))
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
        starts, ends = state.bounds(track, timestamp)
        for start, end, _, aggregates in track.spans:
            first, last = starts[start], ends[end]
            ones = state.values.count(1, first, last)
            for _, read, fill in aggregates:
                value = read(last - first if last > first else 0, ones)
                found.append(fill if value is None else value)
    return found
