"""State and event become a named feature vector: the one definition that stream, request and batch share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headrace.calendar import PARTS
from headrace.expressions import evaluate_expressions
from headrace.schema import LabelRecord, Value
from headrace.usecase import Source, UseCase
from headrace.windows import EventState, LabelState, Layout, State, compile_layout, decode, new_state
from headrace.windows.evaluation import Place, evaluate_events, evaluate_labels
from headrace.windows.held import Held
from headrace.windows.layout import MAX_BUCKETS, MAX_LABELS

Vector = dict[str, float | None]
_SOURCES: tuple[Source, ...] = ("events", "labels")


_Evaluated = tuple[Layout | None, Layout | None]
"""The layouts of an entity's events' and its labels' states; None where no window looks at that source."""


class FeatureSet:
    """The features of one use case, compiled. Make one per process; it holds no events."""

    def __init__(
        self,
        usecase: UseCase,
        *,
        newest: int | None = None,
        max_buckets: int = MAX_BUCKETS,
        max_labels: int = MAX_LABELS,
    ) -> None:
        self.usecase = usecase
        self.names = usecase.feature_names
        self._id, self._timestamp = usecase.event.id, usecase.event.timestamp
        bounds = {"max_buckets": max_buckets, "max_labels": max_labels}
        self._layouts = {
            source: {
                it.name: compile_layout(usecase, it.name, source, newest=newest, **bounds) for it in usecase.entities
            }
            for source in _SOURCES
        }
        self._sources = [self._evaluated(entity.name) for entity in usecase.entities]
        self._inputs: list[tuple[str, Mapping[Any, float]]] = [
            (it, usecase.event.field(it).codes) for it in usecase.inputs
        ]
        self._calendar = [(part, PARTS[part]) for part in usecase.calendar]
        self._expressions = usecase.expressions
        self._blank: Vector = dict.fromkeys(self.names)

    def _evaluated(self, entity: str) -> _Evaluated:
        events, labels = (self._layouts[source][entity] for source in _SOURCES)
        return events if events.tracks else None, labels if labels.tracks else None

    def layout(self, entity: str, source: Source) -> Layout:
        """The layout of an entity's events or labels; it has no tracks if no window looks at them.

        Raises:
            KeyError: if the use case has no such entity.
        """
        return self._layouts[source][entity]

    def entities(self, source: Source) -> tuple[str, ...]:
        """The names of the entities that keep state of a source, in the use case's order."""
        return tuple(entity for entity, layout in self._layouts[source].items() if layout.tracks)

    def new_state(self, entity: str, source: Source) -> State:
        """An empty state."""
        return new_state(self._layouts[source][entity])

    def decode(self, entity: str, source: Source, data: bytes) -> State:
        """Unpack a stored state.

        Raises:
            StateError: if the bytes are damaged or of another layout.
        """
        return decode(data, self._layouts[source][entity])

    def coarse(self, states: Mapping[str, Sequence[State]]) -> tuple[str, ...]:
        """The entities whose states outgrew a bound, so that their window features are no longer exact.

        Args:
            states: as for ``vector``.
        """
        return tuple(name for name, own in states.items() if any(state.coarse for state in own))

    def fold_event(
        self, event: Mapping[str, Value], states: Mapping[str, EventState], *, drop_duplicates: bool = False
    ) -> None:
        """Fold a coerced event into its entities' states, in place.

        Args:
            event: the event as ``coerce_event`` returns it.
            states: one state per entity name, those of the event's own keys; absent entities are left out.
            drop_duplicates: ignore the event where its id is among the newest.
        """
        event_id = self.place(event)[1]
        for state in states.values():
            if not (drop_duplicates and state.contains(event_id)):
                self.add_event(event, state)

    def add_event(self, event: Mapping[str, Value], state: EventState) -> None:
        """Fold a coerced event into one state of an entity of its, whether or not it is a copy."""
        state.add(*self.place(event), event)

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

        It is so for an event of any age, with one reservation: of one that came too late to be kept, more than one
        shard's state may look as if it held it, so who folds should evaluate before, and say ``folded=False``.

        Args:
            event: the event as ``coerce_event`` returns it.
            states: every stored state (all shards, events and labels) of each of the event's entities, by name.
            folded: whether the states were given this event; by default it is looked up among each entity's newest
                ids, which do not reach back to an event that comes very late. Who folds knows, and should say.

        Returns:
            Every feature in order; None is missing.
        """
        return self.evaluate(event, [Held.of(states.get(it.name, ())) for it in self.usecase.entities], folded=folded)

    def evaluate(self, event: Mapping[str, Value], held: Iterable[Held], *, folded: bool | None = None) -> Vector:
        """As ``vector``, with what is stored of each of the event's entities, in the order of the use case."""
        place, vector = self.place(event), self.begin(event)
        for (on_events, on_labels), (events, labels) in zip(self._sources, held, strict=True):
            if on_events is not None:
                known = _contained(events, place[1]) if folded is None else folded
                evaluate_events(events or [EventState(on_events)], place, event, known, vector)
            if on_labels is not None:
                evaluate_labels(labels or [LabelState(on_labels)], place[0], vector)
        self.finish(vector)
        return vector

    def place(self, event: Mapping[str, Any]) -> Place:
        """The event's time in seconds and its id."""
        return event[self._timestamp], event[self._id]

    def begin(self, event: Mapping[str, Any]) -> Vector:
        """An event's vector with nothing but its inputs and calendar parts. Windows and ``finish`` do the rest."""
        vector = self._blank.copy()
        for name, codes in self._inputs:
            value = codes.get(event.get(name)) if codes else event.get(name)
            vector[name] = None if value is None else float(value)
        if self._calendar:
            timestamp = event[self._timestamp]
            for part, value_at in self._calendar:
                vector[part] = value_at(timestamp)
        return vector

    def finish(self, vector: Vector) -> None:
        """Add the expressions, which look at everything else."""
        if self._expressions:
            vector |= evaluate_expressions(self._expressions, vector)


def _contained(states: Sequence[EventState], event_id: str) -> bool:
    return any(state.contains(event_id) for state in states)
