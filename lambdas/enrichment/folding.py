"""A batch of events folded into its states, in shard order, each event valued as of its own place."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from headrace.errors import StateError
from headrace.features import FeatureSet, Held, Vector
from headrace.schema import Value
from headrace.windows import EventState
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey, OwnItem, OwnItems, Stored, StoredState, decode_states, source_of

_NEVER = -1


class Accepted(NamedTuple):
    """A record that holds a valid event. ``keys`` are by entity name, in the order of the use case."""

    record: Record
    mark: str
    event: Mapping[str, Value]
    keys: Mapping[str, EntityKey]


class Snapshot(NamedTuple):
    """The window features of one entity as of its first event in a period; missing ones are left out."""

    key: EntityKey
    timestamp: int
    values: Mapping[str, float]
    mark: str
    """The mark of that event."""


class Cadence(NamedTuple):
    """Where an entity stands in the use case, how often its features are put into the Feature Store, and which."""

    place: int
    period_s: int
    names: tuple[str, ...]


class Folded:
    """A batch, or its beginning, folded into its states; vectors and snapshots are those that may not be out yet."""

    def __init__(self, own: OwnItems) -> None:
        self.own = own
        self.vectors: list[tuple[Accepted, Vector]] = []
        self.snapshots: list[Snapshot] = []
        self.duplicates = 0
        self.damaged_from: str | None = None
        self.problem: str | None = None


class Folding:
    """How the events of one use case are folded; compiled once per process."""

    def __init__(self, features: FeatureSet) -> None:
        usecase = features.usecase
        names = [entity.name for entity in usecase.entities]
        self._features = features
        self._stateful = frozenset(features.entities("events"))
        self._primary = names.index(usecase.primary.name) if usecase.event.drop_duplicates else None
        self._event_id, self._timestamp = usecase.event.id, usecase.event.timestamp
        self._cadences = {
            entity.name: Cadence(place, entity.snapshot_s, windows)
            for place, entity in enumerate(usecase.entities)
            if entity.snapshot_s is not None
            for windows in [tuple(it.name for it in usecase.window_features if it.entity == entity.name)]
        }

    def fold(self, accepted: Sequence[Accepted], stored: Stored) -> Folded:
        """Fold events, each valued by what came before it and itself. Stops at a state that cannot be read.

        Args:
            accepted: records of one shard, in its order; may be none.
            stored: everything that is stored of their entities.

        Returns:
            The shard's items with the events folded in, and the vectors and snapshots of events that no stored item
            holds yet.
        """
        source = source_of("events", accepted[0].record.shard_id) if accepted else ""
        mine = {key: state for key, states in stored.items() for state in states if state.source == source}
        folded = Folded(OwnItems(source=source, stored=mine, layout=lambda name: self._features.layout(name, "events")))
        known: dict[EntityKey, _Part] = {}
        for it in accepted:
            parts = []
            try:
                for key in it.keys.values():
                    part = known.get(key)
                    if part is None:
                        part = known[key] = self._part(key, stored.get(key, ()), folded.own)
                    parts.append(part)
            except StateError as exc:
                folded.damaged_from, folded.problem = it.mark, str(exc)
                break
            self._fold_one(it, parts, folded)
        return folded

    def _part(self, key: EntityKey, stored: Sequence[StoredState], own: OwnItems) -> "_Part":
        """Raises StateError if what is stored of the entity cannot be read."""
        foreign = [state for state in stored if state.source != own.source]
        held = Held.of(decode_states(self._features, key, foreign)) if foreign else Held([], [])
        item = None
        if key.entity in self._stateful:
            item = own.item(key)
            held.events.append(cast(EventState, item.state))
        cadence = self._cadences.get(key.entity)
        return _Part(item, held, _NEVER if cadence is None else _newest(held.events) // cadence.period_s)

    def _fold_one(self, it: Accepted, parts: Sequence["_Part"], folded: Folded) -> None:
        mark, event = it.mark, it.event
        if self._primary is not None:
            primary = parts[self._primary]
            if primary.item is not None and primary.item.mark >= mark:
                return  # it is written last: whatever else the event touched holds it as well
            if _holds(primary.held, cast(str, event[self._event_id])):
                folded.duplicates += 1
                return
        behind = []
        out = False  # an item that holds the event proves that its vector and its snapshots are out
        for part in parts:
            item = part.item
            if item is not None:
                if item.mark < mark:
                    behind.append(item)
                else:
                    out = True
        due = self._due(it, parts) if self._cadences else ()
        if not out:
            vector = self._features.evaluate(event, [part.held for part in parts], folded=False)
            folded.vectors.append((it, vector))
            for entity in due:
                folded.snapshots.append(self._snapshot(it, entity, vector))
        for item in behind:
            self._features.add_event(event, cast(EventState, item.state))
            item.advance(mark)

    def _due(self, it: Accepted, parts: Sequence["_Part"]) -> list[str]:
        """The entities whose first event in a period this is."""
        timestamp, due = cast(int, it.event[self._timestamp]), []
        for entity, (place, period_s, _) in self._cadences.items():
            period, part = timestamp // period_s, parts[place]
            if period > part.period:
                part.period = period
                due.append(entity)
        return due

    def _snapshot(self, it: Accepted, entity: str, vector: Vector) -> Snapshot:
        names = self._cadences[entity].names
        values = {name: value for name in names if (value := vector[name]) is not None}
        return Snapshot(it.keys[entity], cast(int, it.event[self._timestamp]), values, it.mark)


class _Part:
    """One entity in a batch: the shard's item, if its events are kept, and all that is held, the item's state included.

    ``period`` is that of the newest event, in the cadence of its snapshots.
    """

    __slots__ = ("held", "item", "period")

    def __init__(self, item: OwnItem | None, held: Held, period: int) -> None:
        self.item, self.held, self.period = item, held, period


def _holds(held: Held, event_id: str) -> bool:
    return any(state.contains(event_id) for state in held.events)


def _newest(states: Iterable[EventState]) -> int:
    """The time of the newest event, before all times if there is none."""
    found = _NEVER
    for state in states:
        newest = state.newest
        if newest is not None and newest > found:
            found = newest
    return found
