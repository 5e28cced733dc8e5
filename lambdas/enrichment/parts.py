"""The entities of a batch: what is stored of each, unpacked once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.schema import Value
from headrace.windows import EventState
from headrace.windows.held import Held
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey, OwnItem, OwnItems, Stored, StoredState, decode_states

NEVER = -1
"""Before all times."""


class Accepted(NamedTuple):
    """A record that holds a valid event. ``keys`` are those of its entities, in the order of the use case."""

    record: Record
    mark: str
    event: Mapping[str, Value]
    keys: Sequence[EntityKey]


class Part:
    """One entity in a batch: the shard's item, if its events are kept, and all that is held, the item's state included.

    ``newest`` is the time of its newest event before the batch, ``period`` that of its newest snapshot.
    """

    __slots__ = ("held", "item", "newest", "period")

    def __init__(self, item: OwnItem | None, held: Held) -> None:
        self.item, self.held, self.newest = item, held, _newest(held.events)
        self.period: int | None = None

    def holds(self, mark: str) -> bool:
        """Whether the record of that mark is folded into the item."""
        return self.item is not None and self.item.mark >= mark

    def remembers(self, event_id: str) -> bool:
        """Whether the event is among the newest ones."""
        return any(state.contains(event_id) for state in self.held.events)


class Opened(NamedTuple):
    """The parts of a batch up to the first record of which a state cannot be read.

    ``columns`` holds per entity of the use case one part per record.
    """

    columns: list[list[Part]]
    readable: int
    problem: str | None


class Opening:
    """Opens the parts of one use case's batches; compiled once per process."""

    def __init__(self, features: FeatureSet) -> None:
        stateful = features.entities("events")
        self._features = features
        self._stateful = [entity.name in stateful for entity in features.usecase.entities]

    def open(self, accepted: Sequence[Accepted], stored: Stored, own: OwnItems) -> Opened:
        """Unpack what is stored of the entities of every event, entity by entity, into the shard's own items."""
        readable, problem = len(accepted), None
        columns: list[list[Part]] = []
        for place, stateful in enumerate(self._stateful):
            column: list[Part] = []
            try:
                self._open_entity([it.keys[place] for it in accepted[:readable]], stored, own, stateful, column)
            except StateError as exc:
                readable, problem = len(column), str(exc)
            columns.append(column)
        return Opened(columns, readable, problem)

    def _open_entity(
        self, keys: Iterable[EntityKey], stored: Stored, own: OwnItems, stateful: bool, column: list[Part]
    ) -> None:
        """Add one part per key to the column. Raises StateError if what is stored of one cannot be read."""
        known: dict[EntityKey, Part] = {}
        nothing: Sequence[StoredState] = ()
        for key in keys:
            part = known.get(key)
            if part is None:
                part = known[key] = self._part(key, stored.get(key, nothing), own, stateful)
            column.append(part)

    def _part(self, key: EntityKey, stored: Sequence[StoredState], own: OwnItems, stateful: bool) -> Part:
        mine, foreign = None, []
        for it in stored:
            if it.source == own.source:
                mine = it
            else:
                foreign.append(it)
        held = Held.of(decode_states(self._features, key, foreign)) if foreign else Held([], [])
        item = None
        if stateful:
            item = own.open(key, mine)
            held.events.append(cast(EventState, item.state))
        return Part(item, held)


def _newest(states: Iterable[EventState]) -> int:
    """The time of the newest event, before all times if there is none."""
    found = NEVER
    for state in states:
        newest = state.newest
        if newest is not None and newest > found:
            found = newest
    return found
