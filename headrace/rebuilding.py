"""A state made again from the records that went into it, and what such a state lacks of the stored one.

Folding the records of a shard in its order, each once, gives what the stream had: whatever order the events' own times
are in. So a state is repaired, and new features are filled, without touching the records that are still to come.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import cast

from headrace.features import FeatureSet
from headrace.schema import LabelRecord, Value
from headrace.windows import EventState, LabelState, Layout, State, new_state
from headrace.windows.label_state import Label, precedence
from headrace.windows.track_state import TrackState

Records = Iterable[Mapping[str, Value]] | Iterable[LabelRecord]
"""Coerced events, or labels."""


def reaches_back_to(state: State) -> int:
    """The time in seconds after which every event or label of an entity is needed to make its state again."""
    return (state.newest or 0) - state.layout.retention_s


def begin(stored: State | None, layout: Layout, *, known: Collection[str] = ()) -> State:
    """An empty state, which already remembers those of the newest events that lie before every window.

    So a lake that is read only as far as windows reach is enough.

    Args:
        stored: what is stored now, in the same layout; None if nothing is.
        layout: the layout of the new state.
        known: ids of events that are going to be folded into it.
    """
    state = new_state(layout)
    if isinstance(stored, EventState) and isinstance(state, EventState):
        for timestamp, event_id, _ in stored.tail():
            if timestamp <= reaches_back_to(stored) and event_id not in known:
                state.fold(timestamp=timestamp, event_id=event_id, values={})
    return state


def fold(features: FeatureSet, state: State, records: Records) -> None:
    """Fold records into a state, in place.

    Args:
        features: whose state it is.
        state: the state.
        records: events (``coerce_event``) or labels, by the state's source, in the order of their shard.
    """
    entity = state.layout.entity
    if isinstance(state, EventState):
        for event in cast(Iterable[Mapping[str, Value]], records):
            features.fold_event(event, {entity: state})
    else:
        for label in cast(Iterable[LabelRecord], records):
            features.fold_label(label, {entity: state})


def lacks(rebuilt: State, stored: State) -> int:
    """How many of the stored events or labels a rebuilt state does not hold, as far as its windows reach.

    0 proves that no record is missing that the stored state holds for certain; more may well be there.

    Args:
        rebuilt: the new state.
        stored: what is stored now, brought to the same layout; what it does not hold of a new layout does not count.
    """
    if isinstance(rebuilt, LabelState) and isinstance(stored, LabelState):
        return _lacking_labels(rebuilt, stored)
    pairs = zip(cast(EventState, rebuilt).tracks, cast(EventState, stored).tracks, strict=True)
    return max((_lacking_events(ours, theirs) for ours, theirs in pairs), default=0)


def _lacking_labels(rebuilt: LabelState, stored: LabelState) -> int:
    held: dict[int, Label] = {label[1]: label for label in rebuilt.entries()}
    oldest = max(reaches_back_to(rebuilt), rebuilt.dropped)
    return sum(
        label[1] not in held or precedence(held[label[1]]) < precedence(label)
        for label in stored.entries()
        if label[0] > oldest
    )


def _lacking_events(rebuilt: TrackState, stored: TrackState) -> int:
    width = max(rebuilt.width_s, stored.width_s)
    ours, theirs = _counted(rebuilt, width), _counted(stored, width)
    oldest = (rebuilt.times[-1] if rebuilt.times else 0) - rebuilt.plan.retention_s
    return sum(max(0, count - ours[start]) for start, count in theirs.items() if start > oldest)


def _counted(track: TrackState, width_s: int) -> Counter[int]:
    """How many events there are per ``width_s`` seconds. The first column counts them."""
    counts: Counter[int] = Counter()
    for timestamp, row in track.entries(0, len(track.times)):
        counts[timestamp // width_s * width_s] += row[0]
    return counts
