"""A batch of events folded into its states, in shard order, each event valued as of its own place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from headrace.errors import StateError
from headrace.features import FeatureSet, Vector
from headrace.schema import Value
from headrace.windows import EventState, State
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey, OwnItem, OwnItems, Stored, decode_states, source_of

_NEVER = -1


class Accepted(NamedTuple):
    """A record that holds a valid event. ``keys`` are by entity name."""

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
    """How often an entity's features are put into the Feature Store, and which they are."""

    entity: str
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
        self._features = features
        self._entities = features.entities("events")
        self._primary = usecase.primary.name if usecase.event.drop_duplicates else None
        self._event_id, self._timestamp = usecase.event.id, usecase.event.timestamp
        self._cadences = [
            Cadence(entity.name, entity.snapshot_s, names)
            for entity in usecase.entities
            if entity.snapshot_s is not None
            for names in [tuple(it.name for it in usecase.window_features if it.entity == entity.name)]
        ]

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
        parts: dict[EntityKey, _Part] = {}
        for it in accepted:
            try:
                for key in it.keys.values():
                    if key not in parts:
                        parts[key] = self._part(key, stored, folded.own, source)
            except StateError as exc:
                folded.damaged_from, folded.problem = it.mark, str(exc)
                break
            self._fold_one(it, {name: parts[key] for name, key in it.keys.items()}, folded)
        return folded

    def _part(self, key: EntityKey, stored: Stored, own: OwnItems, source: str) -> "_Part":
        """Raises StateError if what is stored of the entity cannot be read."""
        foreign = [state for state in stored.get(key, ()) if state.source != source]
        states = decode_states(self._features, key, foreign) if foreign else []
        if key.entity not in self._entities:
            return _Part(None, states)
        item = own.item(key)
        return _Part(item, [*states, item.state])

    def _fold_one(self, it: Accepted, parts: Mapping[str, "_Part"], folded: Folded) -> None:
        mark, event = it.mark, it.event
        if self._primary is not None:
            item, states = parts[self._primary]
            if item is not None and item.mark >= mark:
                return  # it is written last: whatever else the event touched holds it as well
            if _known(cast(str, event[self._event_id]), states):
                folded.duplicates += 1
                return
        items = {name: part.item for name, part in parts.items() if part.item is not None}
        behind = {name: item for name, item in items.items() if item.mark < mark}
        # An item that holds the event proves that its vector and its snapshots are out.
        out = len(behind) < len(items)
        if not out:
            vector = self._features.vector(event, {name: part.states for name, part in parts.items()}, folded=False)
            folded.vectors.append((it, vector))
            if self._cadences:
                folded.snapshots += self._snapshots(it, parts, vector)
        self._features.fold_event(event, {name: cast(EventState, item.state) for name, item in behind.items()})
        for item in behind.values():
            item.advance(it)

    def _snapshots(self, it: Accepted, parts: Mapping[str, "_Part"], vector: Vector) -> Iterator[Snapshot]:
        """One of each entity whose first event in a period this is; its own state does not hold the event yet."""
        timestamp = cast(int, it.event[self._timestamp])
        for entity, period_s, names in self._cadences:
            if timestamp // period_s > _newest(parts[entity].states) // period_s:
                values = {name: value for name in names if (value := vector[name]) is not None}
                yield Snapshot(it.keys[entity], timestamp, values, it.mark)


class _Part(NamedTuple):
    """One entity in a batch: the shard's item, if its events are kept, and every state, the item's included."""

    item: OwnItem | None
    states: Sequence[State]


def _known(event_id: str, states: Iterable[State]) -> bool:
    return any(isinstance(state, EventState) and state.contains(event_id) for state in states)


def _newest(states: Iterable[State]) -> int:
    """The time of the newest event, before all times if there is none."""
    times = (state.newest for state in states if isinstance(state, EventState))
    return max((time for time in times if time is not None), default=_NEVER)
