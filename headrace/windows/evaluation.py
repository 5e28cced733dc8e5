"""The value of every window feature of one entity and source at one point in the order of time and event id."""

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from typing import cast

from headrace.windows.aggregates import ColumnKind, row_of
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout, Track
from headrace.windows.merging import State, merge_labels
from headrace.windows.track_state import TrackState

Column = MutableSequence[float]
Spans = list[list[Column]]
"""What is covered of every column, for every span of a track."""


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
        parts = [
            _covered(state.tracks[number], timestamp, tail=len(state.ids), position=position)
            for state, position in zip(events, ordered, strict=True)
        ]
        spans = parts[0] if len(parts) == 1 else _together(track, parts)
        if current is not None:
            row = row_of(track.columns, current)
            for span, slices in zip(track.spans, spans, strict=True):
                if not span.delay_s:
                    for index, value in enumerate(row):
                        slices[index].append(value)
        _read(track, spans, values)
    return values


def _covered(track: TrackState, timestamp: int, *, tail: int, position: int) -> Spans:
    """Per span of the track, what it covers of every column."""
    body, columns = len(track.times) - tail, track.columns
    return [
        [column[first:last] for column in columns]
        for first, last in track.ranges(timestamp, body=body, ordered=body + position)
    ]


def _together(track: Track, parts: Sequence[Spans]) -> Spans:
    """What several states cover, per span and column."""
    return [
        [[it for part in parts for it in part[index][at]] for at in range(len(track.columns))]
        for index in range(len(track.spans))
    ]


def _of_labels(layout: Layout, states: Sequence[LabelState], timestamp: int) -> dict[str, float | None]:
    state = states[0] if len(states) == 1 else merge_labels([LabelState(layout), *states])
    values: dict[str, float | None] = {}
    for track in layout.tracks:
        covered = [state.values[first:last] for first, last in state.ranges(track, timestamp)]
        _read(track, [[_STANDS_FOR[it.kind](labels) for it in track.columns] for labels in covered], values)
    return values


_STANDS_FOR: dict[ColumnKind, Callable[[Column], Column]] = {
    "count": lambda labels: [1] * len(labels),
    "sum": lambda labels: labels,
    "min": lambda labels: labels,
    "max": lambda labels: labels,
    "deviation": lambda labels: [0.0] * len(labels),
}
"""What a column would hold, were every label a bucket of its own."""


def _read(track: Track, spans: Spans, values: dict[str, float | None]) -> None:
    for span, slices in zip(track.spans, spans, strict=True):
        for name, compute, at, fill in span.aggregates:
            value = compute(slices, at)
            values[name] = fill if value is None else value
