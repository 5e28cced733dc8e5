"""State and event become a named feature vector: the one definition that stream, request and batch share."""

from collections.abc import Mapping, Sequence
from typing import cast

from headrace.calendar import PARTS
from headrace.schema import LabelRecord, Value
from headrace.usecase import Source, UseCase
from headrace.windows import EventState, LabelState, Layout, State, compile_layout, decode, evaluate, new_state
from headrace.windows.layout import MAX_BUCKETS, NEWEST

Vector = dict[str, float | None]
_SOURCES: tuple[Source, ...] = ("events", "labels")


class FeatureSet:
    """The features of one use case, compiled. Make one per process; it holds no events."""

    def __init__(self, usecase: UseCase, *, newest: int = NEWEST, max_buckets: int = MAX_BUCKETS) -> None:
        self.usecase = usecase
        self.names = usecase.feature_names
        self._layouts = {
            (entity.name, source): compile_layout(usecase, entity.name, source, newest=newest, max_buckets=max_buckets)
            for entity in usecase.entities
            for source in _SOURCES
        }
        self._evaluated = [
            (entity, source, layout) for (entity, source), layout in self._layouts.items() if layout.tracks
        ]

    def layout(self, entity: str, source: Source) -> Layout:
        """The layout of an entity's events or labels; it has no tracks if no window looks at them.

        Raises:
            KeyError: if the use case has no such entity.
        """
        return self._layouts[entity, source]

    def entities(self, source: Source) -> tuple[str, ...]:
        """The names of the entities that keep state of a source, in the use case's order."""
        return tuple(entity for entity, of, _ in self._evaluated if of == source)

    def new_state(self, entity: str, source: Source) -> State:
        """An empty state."""
        return new_state(self._layouts[entity, source])

    def decode(self, entity: str, source: Source, data: bytes) -> State:
        """Unpack a stored state.

        Raises:
            StateError: if the bytes are damaged or of another layout.
        """
        return decode(data, self._layouts[entity, source])

    def fold_event(
        self, event: Mapping[str, Value], states: Mapping[str, EventState], *, drop_duplicates: bool = False
    ) -> None:
        """Fold a coerced event into its entities' states, in place.

        Args:
            event: the event as ``coerce_event`` returns it.
            states: one state per entity name, those of the event's own keys; absent entities are left out.
            drop_duplicates: ignore the event where its id is among the newest.
        """
        timestamp, event_id = self._point(event)
        values = cast(Mapping[str, float | None], event)
        for state in states.values():
            state.fold(
                timestamp=timestamp,
                event_id=event_id,
                values=values,
                drop_duplicates=drop_duplicates,
            )

    def fold_label(self, label: LabelRecord, states: Mapping[str, LabelState]) -> None:
        """Fold a label into its entities' label states, in place.

        Args:
            label: the label as ``coerce_label`` returns it.
            states: one label state per entity name, those of the label's own keys.
        """
        for state in states.values():
            state.fold(
                timestamp=label.timestamp, event_id=label.event_id, value=label.value, labelled_at=label.labelled_at
            )

    def vector(
        self, event: Mapping[str, Value], states: Mapping[str, Sequence[State]], *, folded: bool | None = None
    ) -> Vector:
        """The feature vector of an event: the same before and after the event is folded.

        Args:
            event: the event as ``coerce_event`` returns it.
            states: every stored state (all shards, events and labels) of each of the event's entities, by name.
            folded: whether the states hold this event; by default it is looked up among each entity's newest ids,
                which do not reach back to an event that comes very late. Who folds knows, and should say.

        Returns:
            Every feature in order; None is missing.
        """
        timestamp, event_id = self._point(event)
        vector: Vector = dict.fromkeys(self.names)
        for name in self.usecase.inputs:
            value = event.get(name)
            vector[name] = None if value is None else float(value)
        for part in self.usecase.calendar:
            vector[part] = PARTS[part](timestamp)
        current = cast(Mapping[str, float | None], event)
        for entity, source, layout in self._evaluated:
            own = [state for state in states.get(entity, ()) if state.layout.source == source]
            known = source == "labels" or (_held(own, event_id) if folded is None else folded)
            vector |= evaluate(layout, own, timestamp=timestamp, event_id=event_id, current=None if known else current)
        return vector

    def _point(self, event: Mapping[str, Value]) -> tuple[int, str]:
        shape = self.usecase.event
        return cast(int, event[shape.timestamp]), cast(str, event[shape.id])


def _held(states: Sequence[State], event_id: str) -> bool:
    return any(isinstance(state, EventState) and state.contains(event_id) for state in states)
