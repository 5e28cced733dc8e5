"""A stored state in another layout: what a new version of the code makes of an old one's state, and the other way.

Both versions read and write the same items while functions are deployed, so neither may stop at the other's state and
neither may harm what they have in common. That is carried over as it is. What the state does not hold starts as if
there had been nothing, and the state is marked partial until it is rebuilt from the lake.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import cast

from headrace.errors import StateError
from headrace.windows.aggregates import Cells, Column
from headrace.windows.columns import insert
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout, Track
from headrace.windows.merging import State
from headrace.windows.track_state import TrackState


def upgrade(state: State, layout: Layout) -> State:
    """Bring a state to another layout.

    Tracks of one resolution and columns that mean the same are carried over bit for bit, so features that both layouts
    have keep their values. Other columns hold nothing yet, other tracks only when the newest events were.

    Args:
        state: the state; what is carried over is shared with it, so it must not be used any more.
        layout: the layout to bring it to.

    Returns:
        The state in that layout.

    Raises:
        StateError: if the layout is of another entity or source.
    """
    if state.layout is layout:
        return state
    if (state.layout.entity, state.layout.source) != (layout.entity, layout.source):
        raise StateError(
            f"a state of {state.layout.entity}/{state.layout.source} is none of {layout.entity}/{layout.source}"
        )
    if isinstance(state, LabelState):
        return _upgraded_labels(state, layout)
    return _upgraded_events(state, layout)


def succeeds(column: Column, older: Column) -> bool:
    """Whether two columns mean the same, so that one's contents are the other's.

    Texts may have been appended to the allowed ones: those that both know keep their numbers.
    """
    alike = (column.kind, column.field, column.type) == (older.kind, older.field, older.type)
    return alike and all(None in pair or pair[0] == pair[1] for pair in zip_longest(column.allowed, older.allowed))


def _upgraded_labels(state: LabelState, layout: Layout) -> LabelState:
    upgraded = LabelState(layout)
    upgraded.times, upgraded.ids, upgraded.labelled = state.times, state.ids, state.labelled
    upgraded.values, upgraded.latest, upgraded.dropped = state.values, state.latest, state.dropped
    upgraded.partial = state.partial or (bool(state.times) and layout.retention_s > state.layout.retention_s)
    upgraded.prune()
    return upgraded


def _upgraded_events(state: EventState, layout: Layout) -> EventState:
    upgraded = EventState(layout)
    by_resolution = {track.plan.resolution_s: track for track in state.tracks}
    tail = state.tracks[0].times[len(state.tracks[0].times) - state.singles :] if state.tracks else []
    partial = state.partial
    for track in upgraded.tracks:
        held = by_resolution.get(track.plan.resolution_s)
        if held is None:
            _begin(track, tail)
            partial = True
        else:
            partial |= _carry_over(held, track) or track.plan.retention_s > held.plan.retention_s
    upgraded.packed_ids, upgraded.singles = state.packed_ids, state.singles
    upgraded.partial = partial and bool(state.singles)
    _seal_excess(upgraded)
    upgraded.prune()
    return upgraded


def _begin(track: TrackState, tail: Sequence[int]) -> None:
    """Fill a track with the newest events, of which nothing but their time is known."""
    for number, timestamp in enumerate(tail):
        track.insert(number, timestamp, track.plan.contribute({}, timestamp))


def _carry_over(held: TrackState, track: TrackState) -> bool:
    """Move what a track holds into its successor. Returns whether the successor has columns that it cannot fill."""
    track.times, track.width_s = held.times, held.width_s
    lacking = False
    for number, column in enumerate(track.plan.columns):
        found = next((at for at, older in enumerate(held.plan.columns) if succeeds(column, older)), None)
        if found is None:
            track.columns[number] = _nothing(track.plan, number, held.times)
            lacking = True
        else:
            track.columns[number] = held.columns[found]
    return lacking


def _nothing(plan: Track, number: int, times: Sequence[int]) -> Cells:
    """What a column holds of events of which nothing but their time is known."""
    cells = plan.columns[number].empty()
    for index, timestamp in enumerate(times):
        cells = cast(Cells, insert(cells, index, plan.contribute({}, timestamp)[number], length=index))
    return cells


def _seal_excess(state: EventState) -> None:
    """Let events join their buckets if the layout keeps fewer of them one by one."""
    while state.singles > state.layout.newest:
        for track in state.tracks:
            track.seal(len(track.times) - state.singles)
        state.ids = state.ids[1:]
