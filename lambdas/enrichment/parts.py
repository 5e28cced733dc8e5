"""The entities of a batch: what is stored of each, unpacked once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.schema import Value
from headrace.windows import EventState, LabelState
from headrace.windows.merging import merge_labels
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey, OwnItem, OwnItems, Stored, StoredState, kind_of, unpack

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

    ``period`` is that of its newest snapshot, as ``Opening`` was asked to tell it.
    """

    __slots__ = ("events", "item", "labels", "period")

    def __init__(self) -> None:
        self.item: OwnItem | None = None
        self.events: list[EventState] = []
        self.labels: list[LabelState] = []
        self.period = NEVER

    def holds(self, mark: str) -> bool:
        """Whether the record of that mark is folded into the item."""
        return self.item is not None and self.item.mark >= mark

    def remembers(self, event_id: str) -> bool:
        """Whether the event is among the newest ones."""
        return any(state.contains(event_id) for state in self.events)


class Opened(NamedTuple):
    """The parts of a batch up to the first record of which a state cannot be read.

    ``columns`` holds per entity of the use case one part per record.
    """

    columns: list[list[Part]]
    readable: int
    problem: str | None


_ToldApart: TypeAlias = tuple[
    dict[EntityKey, StoredState], list[tuple[Part, StoredState]], list[tuple[Part, StoredState]]
]
"""The shard's own item of every entity, and with their parts the other shards' items and those of labels."""


class Opening:
    """Opens the parts of one entity in every batch; compiled once per process."""

    def __init__(self, features: FeatureSet, entity: str, *, period_s: int | None = None) -> None:
        """Compile.

        Args:
            features: whose entity it is.
            entity: its name.
            period_s: how often its features are put into the Feature Store, in seconds; None: never.
        """
        self._on_events, self._on_labels = (features.layout(entity, source) for source in ("events", "labels"))
        self._period_s = period_s

    def open(self, keys: Sequence[EntityKey], stored: Stored, own: OwnItems) -> list[Part]:
        """Unpack what is stored of the entities with these keys, into the shard's own items.

        Each kind of state has a loop of its own: states that are alike unpack quicker in a row.

        Args:
            keys: one per record.
            stored: everything that is stored of them.
            own: takes the shard's items.

        Returns:
            One part per record.

        Raises:
            StateError: if what is stored of one cannot be read.
        """
        parts = {key: Part() for key in keys}
        mine, events, labels = _told_apart(stored, parts, own.source)
        state: Any  # of the layout's source
        for part, it in events:
            state = unpack(it, self._on_events)
            part.events.append(state)
        for part, it in labels:
            state = unpack(it, self._on_labels)
            part.labels.append(state)
        if self._on_labels.tracks:
            for part in parts.values():
                if len(part.labels) != 1:
                    part.labels = [merge_labels(part.labels) if part.labels else LabelState(self._on_labels)]
        if self._on_events.tracks:
            for key, part in parts.items():
                part.item = own.open(key, mine.get(key), self._on_events)
                state = part.item.state
                part.events.append(state)
        if self._period_s is not None:
            for part in parts.values():
                part.period = _newest(part.events) // self._period_s
        return [parts[key] for key in keys]

    def readable(self, keys: Sequence[EntityKey], stored: Stored, own: OwnItems) -> tuple[int, str | None]:
        """How many records come before the first of which what is stored cannot be read, and why it cannot."""
        for number, key in enumerate(keys):
            try:
                self.open([key], stored, own)
            except StateError as exc:
                return number, str(exc)
        return len(keys), None


def open_all(openings: Sequence[Opening], accepted: Sequence[Accepted], stored: Stored, own: OwnItems) -> Opened:
    """Open the parts of every event's entities, entity by entity of the use case."""
    readable, problem = len(accepted), None
    columns: list[list[Part]] = []
    for place, opening in enumerate(openings):
        keys = [it.keys[place] for it in accepted[:readable]]
        try:
            columns.append(opening.open(keys, stored, own))
        except StateError:
            readable, problem = opening.readable(keys, stored, own)
            columns.append(opening.open(keys[:readable], stored, own))
    return Opened(columns, readable, problem)


def _told_apart(stored: Stored, parts: Mapping[EntityKey, Part], source: str) -> _ToldApart:
    mine: dict[EntityKey, StoredState] = {}
    events: list[tuple[Part, StoredState]] = []
    labels: list[tuple[Part, StoredState]] = []
    for key, part in parts.items():
        for it in stored.get(key, ()):
            if it.source == source:
                mine[key] = it
            elif kind_of(it.source) == "labels":
                labels.append((part, it))
            else:
                events.append((part, it))
    return mine, events, labels


def _newest(states: Sequence[EventState]) -> int:
    """The time of the newest event, before all times if there is none."""
    found = NEVER
    for state in states:
        newest = state.newest
        if newest is not None and newest > found:
            found = newest
    return found
