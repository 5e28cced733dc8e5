"""The value of every window feature of one entity and source at one point in the order of time and event id."""

from collections.abc import Mapping, Sequence
from typing import cast

from headrace.windows.aggregates import VALUES, Column, row_of
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout, Span
from headrace.windows.merging import State, merge_labels

Rows = list[list[float]]


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
        for span in track.spans:
            slices: Rows = [[] for _ in track.columns]
            for state, after in zip(events, ordered, strict=True):
                held = state.tracks[number]
                body = len(held.times) - len(state.ids)
                first, last = held.bounds(span, timestamp, body=body, ordered=body + after)
                for index, column in enumerate(held.columns):
                    slices[index] += column[first:last]
            if row is not None and not span.delay_s:
                for part, value in zip(slices, row, strict=True):
                    part.append(value)
            _read(span, slices, values)
    return values


def _of_labels(layout: Layout, states: Sequence[LabelState], timestamp: int) -> dict[str, float | None]:
    state = states[0] if len(states) == 1 else merge_labels([LabelState(layout), *states])
    values: dict[str, float | None] = {}
    for track in layout.tracks:
        for span in track.spans:
            first, last = state.bounds(track, span, timestamp)
            _read(span, [_label_column(column, state.values[first:last]) for column in track.columns], values)
    return values


def _label_column(column: Column, values: list[float]) -> list[float]:
    if column.kind == "count":
        return [1] * len(values)
    return [0.0] * len(values) if column.kind == "deviation" else values


def _read(span: Span, slices: Rows, values: dict[str, float | None]) -> None:
    for aggregate in span.aggregates:
        value = VALUES[aggregate.function](slices, aggregate.at)
        values[aggregate.name] = aggregate.fill if value is None else value
