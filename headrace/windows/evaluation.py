"""The value of every window feature of one entity and source at one point in the order of time and event id."""

from collections.abc import Mapping, MutableSequence, Sequence
from typing import cast

from headrace.windows.aggregates import VALUES, Column, Slices, row_of
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout, Span
from headrace.windows.merging import State, merge_labels
from headrace.windows.track_state import TrackState

Covered = MutableSequence[float]


def evaluate(
    layout: Layout,
    states: Sequence[State],
    *,
    timestamp: int,
    event_id: str,
    current: Mapping[str, float | None] | None = None,
) -> dict[str, float | None]:
    """Evaluate every feature of a layout over all states that hold a part of the entity.

    Args:
        layout: the layout of all the states.
        states: one per shard; none is an entity never seen.
        timestamp: the time of evaluation, in seconds.
        event_id: the id that orders within that second.
        current: values of an event at exactly this point that no state holds yet; it counts in undelayed windows.

    Returns:
        One value per feature name; None where the window is empty and the use case names no fill.
    """
    if layout.source == "labels":
        return _of_labels(layout, cast(Sequence[LabelState], states), timestamp)
    events = cast(Sequence[EventState], states)
    ordered = [state.position(timestamp, event_id) for state in events]
    values: dict[str, float | None] = {}
    for number, track in enumerate(layout.tracks):
        row = None if current is None else row_of(track.columns, current)
        parts = [
            _covered(state.tracks[number], timestamp, tail=len(state.ids), position=position)
            for state, position in zip(events, ordered, strict=True)
        ]
        for index, span in enumerate(track.spans):
            if len(parts) == 1:
                slices = parts[0][index]
            else:
                slices = [[it for part in parts for it in part[index][at]] for at in range(len(track.columns))]
            if row is not None and not span.delay_s:
                for column, value in zip(slices, row, strict=True):
                    column.append(value)
            _read(span, slices, values)
    return values


def _covered(track: TrackState, timestamp: int, *, tail: int, position: int) -> list[list[Covered]]:
    """Per span of the track, what it covers of every column."""
    body, columns = len(track.times) - tail, track.columns
    return [
        [column[first:last] for column in columns]
        for first, last in track.ranges(timestamp, body=body, ordered=body + position)
    ]


def _of_labels(layout: Layout, states: Sequence[LabelState], timestamp: int) -> dict[str, float | None]:
    state = states[0] if len(states) == 1 else merge_labels([LabelState(layout), *states])
    values: dict[str, float | None] = {}
    for track in layout.tracks:
        for span in track.spans:
            first, last = state.bounds(track, span, timestamp)
            covered = state.values[first:last]
            _read(span, [_label_column(column, covered) for column in track.columns], values)
    return values


def _label_column(column: Column, values: Sequence[float]) -> Sequence[float]:
    if column.kind == "count":
        return [1] * len(values)
    return [0.0] * len(values) if column.kind == "deviation" else values


def _read(span: Span, slices: Slices, values: dict[str, float | None]) -> None:
    for aggregate in span.aggregates:
        value = VALUES[aggregate.function](slices, aggregate.at)
        values[aggregate.name] = aggregate.fill if value is None else value
