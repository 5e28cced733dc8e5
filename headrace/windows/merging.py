"""Several states of one entity and source become one: what every shard has seen, taken together.

Associative and commutative, up to the rounding of sums, as long as no track was coarsened.
"""

from collections.abc import Sequence
from typing import cast

from headrace.errors import StateError
from headrace.windows.event_state import EventState
from headrace.windows.label_state import Label, LabelState, precedence
from headrace.windows.layout import Layout

State = EventState | LabelState


def new_state(layout: Layout) -> State:
    """An empty state of a layout."""
    return EventState(layout) if layout.source == "events" else LabelState(layout)


def merge(states: Sequence[State]) -> State:
    """Merge states of one layout into a new one; the given ones stay as they are.

    Raises:
        StateError: if there is no state, or their layouts differ.
    """
    if len({state.layout.fingerprint for state in states}) != 1:
        raise StateError("states of one layout can be merged; these are of none or of several")
    if states[0].layout.source == "events":
        return merge_events(cast(Sequence[EventState], states))
    return merge_labels(cast(Sequence[LabelState], states))


def merge_labels(states: Sequence[LabelState]) -> LabelState:
    """The last label of every event that any of the states holds."""
    merged = LabelState(states[0].layout)
    last: dict[int, Label] = {}
    for state in states:
        for label in state.entries():
            held = last.get(label[1])
            if held is None or precedence(label) > precedence(held):
                last[label[1]] = label
    merged.dropped = max(state.dropped for state in states)
    merged.partial = any(state.partial for state in states)
    merged.set(sorted(last.values()))
    return merged


def merge_events(states: Sequence[EventState]) -> EventState:
    """The sum of all buckets; the newest events of all stay single, the others join their buckets."""
    merged = EventState(states[0].layout)
    tail = sorted(entry for state in states for entry in state.tail())
    kept = max(0, len(tail) - merged.layout.newest)
    for number, track in enumerate(merged.tracks):
        parts = [state.tracks[number] for state in states]
        track.width_s = max(part.width_s for part in parts)
        for part, state in zip(parts, states, strict=True):
            track.add_all(part.entries(0, len(part.times) - state.singles))
        track.add_all((timestamp, rows[number]) for timestamp, _, rows in tail[:kept])
        for timestamp, _, rows in tail[kept:]:
            track.append(timestamp, rows[number])
    merged.partial = any(state.partial for state in states)
    merged.ids = [event_id for _, event_id, _ in tail[kept:]]
    merged.prune()
    return merged
