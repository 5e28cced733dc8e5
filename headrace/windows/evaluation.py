"""The value of every window feature of one entity and source at one point in the order of time and event id."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from headrace.window_functions.function import More, Point, Row
from headrace.window_functions.numbers import mean_of
from headrace.windows.columns import ONES
from headrace.windows.contributions import Event
from headrace.windows.event_state import EventState, packed_id
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout
from headrace.windows.merging import State, merge_labels
from headrace.windows.track_state import TrackState

Values: TypeAlias = dict[str, float | None]
Place: TypeAlias = tuple[int, str]
"""A time in seconds and the event id that orders within it."""
Covered: TypeAlias = tuple[TrackState, list[int]]
"""A track of one state, and where windows end in it, per end of the track."""
Elsewhere: TypeAlias = tuple[More, "list[Covered] | None"]
"""What windows hold besides a track: per column the entries of the evaluated event, and the tracks of other states."""
_NOWHERE: Elsewhere = (None, None)


def evaluate(
    layout: Layout,
    states: Sequence[State],
    *,
    timestamp: int,
    event_id: str,
    current: Event | None = None,
    own: Event | None = None,
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
    values: Values = {}
    if layout.source == "labels":
        evaluate_labels(cast(Sequence[LabelState], states) or [LabelState(layout)], timestamp, values)
    else:
        known = current is None
        events = cast(Sequence[EventState], states) or [EventState(layout)]
        evaluate_events(events, (timestamp, event_id), own if known else current, known, values)
    return values


def evaluate_events(
    states: Sequence[EventState], place: Place, own: Event | None, folded: bool, values: Values
) -> None:
    """Evaluate the features of an entity's events.

    Args:
        states: one per shard, at least one.
        place: where to evaluate.
        own: the values of the event there, if there is one.
        folded: whether the states were given that event.
        values: takes one value per feature.
    """
    timestamp, state = place[0], states[0]
    tail, more_states = state.singles, states[1:]
    for number, track in enumerate(state.tracks):
        plan = track.plan
        row: Row | None = None
        added: More = None
        if own is not None and plan.heeds_event:
            row = plan.contribute(own, timestamp)
            if not (folded and _held(states, number, place)):
                added = [(entry,) for entry in row]
        times = track.times
        if tail and timestamp > times[-1]:  # the usual case: the point is after all events
            ends = track.ends(timestamp, len(times) - tail, tail, tail)
        else:
            ends = _covered(state, number, place)[1]
        others = [_covered(it, number, place) for it in more_states] if more_states else None
        _read_spans(track, ends, (timestamp, row), (added, others), values)


def evaluate_and_fold(states: Sequence[EventState], place: Place, event: Event, values: Values) -> None:
    """Fold an event into the last of its entity's states, evaluated as of itself: what a stream does with every event.

    Does what ``evaluate_events`` and ``EventState.add`` do in turn. But an event that is the newest of the only state,
    as most are, is appended first, and windows that count it read it where it lies.

    Args:
        states: one per shard, at least one; none was given the event.
        place: where the event lies.
        event: its values.
        values: takes one value per feature.

    Raises:
        StateError: if the event's id holds a NUL or half of a surrogate pair.
    """
    state, (timestamp, event_id) = states[-1], place
    tracks, tail = state.tracks, state.singles
    if len(states) > 1 or tail < state.layout.newest or timestamp <= tracks[0].times[-1]:
        evaluate_events(states, place, event, False, values)
        state.add(timestamp, event_id, event)
        return
    packed = packed_id(event_id)
    for track in tracks:
        row, body = track.plan.contribute(event, timestamp), len(track.times) - tail
        track.append(timestamp, row)
        _read_spans(track, track.ends(timestamp, body, tail, tail + 1), (timestamp, row), _NOWHERE, values)
    state.settle(timestamp, packed)


def _read_spans(track: TrackState, ends: list[int], point: Point, elsewhere: Elsewhere, values: Values) -> None:
    """Evaluate the features of one track."""
    plan, times, columns = track.plan, track.times, track.columns
    counts, after, resolution = columns[0], point[0] + 1, plan.resolution_s
    added, others = elsewhere
    for reach, end, current, aggregates in plan.spans:
        begin = after - reach
        if resolution != 1:
            begin += -begin % resolution  # the first bucket that starts there or later
        first, last, more = bisect_left(times, begin), ends[end], added if current else None
        if others:
            more = _together(others, begin, end, more)
        if last < first:  # noqa: PLR1730  # a call would cost more than the comparison
            last = first
        counted = last - first if counts is ONES else sum(counts[first:last])
        if more is not None:
            counted += sum(more[0])
        for name, read, fill in aggregates:
            if read is None:
                values[name] = float(counted)
                continue
            if read.__class__ is int:
                numbers = columns[read][first:last]
                if more is not None:
                    numbers.extend(more[read])
                value = mean_of(numbers, counted)
            else:
                value = read(columns, first, last, more, point)
            values[name] = fill if value is None else value


def _covered(state: EventState, number: int, place: Place) -> Covered:
    track = state.tracks[number]
    return track, track.ends(place[0], len(track.times) - state.singles, *state.positions(place))


def _together(others: Sequence[Covered], begin: int, end: int, more: More) -> More:
    """Per column the entries of a span that these states hold, and ``more``."""
    together: list[list[Any]] = [[*entries] for entries in more] if more else [[] for _ in others[0][0].columns]
    for track, ends in others:
        inside = range(bisect_left(track.times, begin), ends[end])
        for entries, column in zip(together, track.columns, strict=True):
            entries.extend(column[index] for index in inside)
    return together


def _held(states: Sequence[EventState], number: int, place: Place) -> bool:
    return any(state.may_hold(place, state.tracks[number]) for state in states)


def evaluate_labels(states: Sequence[LabelState], timestamp: int, values: Values) -> None:
    """Evaluate the features of an entity's labels, from those given by a time in seconds.

    Args:
        states: one per shard, at least one.
        timestamp: the time of evaluation, in seconds.
        values: takes one value per feature.
    """
    state = states[0]
    if len(states) > 1 or state.latest > timestamp:
        state = merge_labels([it.visible(timestamp) for it in states])
    times = state.times
    for track in state.layout.tracks:
        resolution, ends = track.resolution_s, []
        for delay, _ in track.ends:  # label windows are delayed
            after = timestamp - delay + 1
            if resolution != 1:
                after -= after % resolution
            ends.append(bisect_left(times, after))
        for reach, end, _, aggregates in track.spans:
            begin = timestamp - reach + 1
            if resolution != 1:
                begin += -begin % resolution
            first, last = bisect_left(times, begin), ends[end]
            counted, ones = last - first if last > first else 0, state.values.count(1, first, last)
            for name, read, fill in aggregates:
                value = read(counted, ones)
                values[name] = fill if value is None else value
