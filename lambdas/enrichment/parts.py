"""The entities of a batch: what is stored of each, unpacked once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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

    def __init__(self, item: OwnItem | None, events: list[EventState], labels: list[LabelState]) -> None:
        self.item, self.events, self.labels = item, events, labels
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

    def open(self, keys: Sequence[EntityKey], stored: Stored, own: OwnItems, column: list[Part]) -> None:
        """Unpack what is stored of the entities with these keys, into the shard's own items.

        Args:
            keys: one per record.
            stored: everything that is stored of them.
            own: takes the shard's items.
            column: takes one part per record.

        Raises:
            StateError: if what is stored of one cannot be read; the column ends before its first record.
        """
        known: dict[str, Part] = {}
        for key in keys:
            name = key.key
            part = known.get(name)
            if part is None:
                part = known[name] = self._part(key, stored.get(key, ()), own)
            column.append(part)

    def _part(self, key: EntityKey, stored: Sequence[StoredState], own: OwnItems) -> Part:
        mine: StoredState | None = None
        events: list[Any] = []
        labels: list[Any] = []
        for it in stored:
            source = it.source
            if source == own.source:
                mine = it
            elif kind_of(source) == "labels":
                labels.append(unpack(it, self._on_labels))
            else:
                events.append(unpack(it, self._on_events))
        if len(labels) != 1 and self._on_labels.tracks:
            labels = [merge_labels(labels) if labels else LabelState(self._on_labels)]
        item: OwnItem | None = None
        if self._on_events.tracks:
            item = own.open(key, mine, self._on_events)
            events.append(item.state)
        part = Part(item, events, labels)
        if self._period_s is not None:
            part.period = _newest(events) // self._period_s
        return part


def open_all(openings: Sequence[Opening], accepted: Sequence[Accepted], stored: Stored, own: OwnItems) -> Opened:
    """Open the parts of every event's entities, entity by entity of the use case."""
    readable, problem = len(accepted), None
    columns: list[list[Part]] = []
    for place, opening in enumerate(openings):
        column: list[Part] = []
        try:
            opening.open([it.keys[place] for it in accepted[:readable]], stored, own, column)
        except StateError as exc:
            readable, problem = len(column), str(exc)
        columns.append(column)
    return Opened(columns, readable, problem)


def _newest(states: Sequence[EventState]) -> int:
    """The time of the newest event, before all times if there is none."""
    found = NEVER
    for state in states:
        newest = state.newest
        if newest is not None and newest > found:
            found = newest
    return found
