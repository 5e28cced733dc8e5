"""Labels of events that nobody has seen. They are kept, for the events may come late; many of them mean wrong keys.

State does not remember the ids of old events, but it knows in which buckets there are any. So what is counted is sure
not to be there, and what is not counted may be: an id may be wrong while entity and time are right. Joining a training
set tells exactly, later.
"""

from bisect import bisect_left
from collections.abc import Sequence

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.schema import LabelRecord
from headrace.windows import EventState
from lambdas.shared.window_state import EntityKey, StateReader, StoredState, decode_states, kind_of


def unknown_events(labels: Sequence[LabelRecord], features: FeatureSet, reader: StateReader) -> int:
    """How many labels are of events that their entity's windows would hold, had they come, and do not.

    One entity is looked at: the first that keeps state of events, which is the primary one wherever it has windows.

    Raises:
        RetryableError: if state cannot be read now.
        DependencyError: if the table refuses.
    """
    entity = next(iter(features.entities("events")), None)
    if entity is None or not labels:
        return 0
    keys = [EntityKey(entity, label.keys[entity]) for label in labels]
    found = reader.read(dict.fromkeys(keys))
    states = {key: _events(features, key, found.get(key, ())) for key in found.keys() | set(keys)}
    return sum(
        not any(_may_hold(state, label.timestamp) for state in states[key])
        for key, label in zip(keys, labels, strict=True)
    )


def _events(features: FeatureSet, key: EntityKey, stored: Sequence[StoredState]) -> list[EventState | None]:
    """The entity's states of events; None for one that cannot be read, which may hold anything."""
    try:
        states = decode_states(features, key, [it for it in stored if kind_of(it.source) == "events"])
    except StateError:
        return [None]
    return [state for state in states if isinstance(state, EventState)]


def _may_hold(state: EventState | None, timestamp: int) -> bool:
    """Whether a bucket of that second is held, or would be gone by now."""
    if state is None or state.newest is None:
        return state is None
    for track in state.tracks:
        start = timestamp // track.width_s * track.width_s
        if start > state.newest - track.plan.retention_s:
            index = bisect_left(track.times, start)
            if index == len(track.times) or track.times[index] >= start + track.width_s:
                return False
    return True
