"""The single-writer protocol of stored window state, for every function that folds a shard into it.

An item belongs to one entity and one shard. It carries the mark of the last record folded into it: records up to the
mark are skipped, and a write is accepted only while the stored mark is still the one that was read. So a batch may be
repeated, cut or overlapped at will, and every record is folded exactly once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple, Protocol

from headrace.features import FeatureSet
from headrace.usecase import Source, UseCase
from headrace.windows import Layout, State, decode, encode, merge, new_state, upgrade
from lambdas.shared.stream import NO_MARK, Record

_MARGIN_S = 7 * 86_400
_FIRST_MARK = attrgetter("first_mark")


class EntityKey(NamedTuple):
    """One entity: its kind and its key, for example ``("customer", "42")``."""

    entity: str
    key: str

    @property
    def id(self) -> str:
        """The table's partition key."""
        return f"{self.entity}#{self.key}"


class StoredState(NamedTuple):
    """One item as it was read. ``layout`` is the one it is packed in, None if that is the reader's own."""

    source: str
    data: bytes
    mark: str
    folded: int
    layout: Layout | None = None


class StateWrite(NamedTuple):
    """One item to be written on the condition that its mark is still ``read_mark`` (None: that there is no item).

    ``first_mark`` is the first record that it holds and the stored item does not: where to start again if it fails.
    """

    key: EntityKey
    source: str
    data: bytes
    mark: str
    folded: int
    expires_at: int
    read_mark: str | None
    first_mark: str


Stored = Mapping[EntityKey, Sequence[StoredState]]
"""Everything that is stored of some entities."""


class StateReader(Protocol):
    """Reads items of every shard."""

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        """Every stored state of each entity, consistently. Raises RetryableError or DependencyError."""


class StateWriter(Protocol):
    """Stores items."""

    def write(self, writes: Sequence[StateWrite]) -> AbstractSet[EntityKey]:
        """Write every item whose condition holds. Returns the entities that were not written, whatever the reason."""


def source_of(kind: Source, shard_id: str) -> str:
    """The table's sort key of a shard."""
    return f"{kind}#{shard_id}"


def kind_of(source: str) -> Source:
    """``events`` or ``labels``: what a sort key holds."""
    return "labels" if source.startswith("labels#") else "events"


def unpack(stored: StoredState, layout: Layout) -> State:
    """What an item holds, brought to a layout if another version of the code wrote it.

    Raises:
        StateError: if the bytes cannot be read.
    """
    if stored.layout is None:
        return decode(stored.data, layout)
    return upgrade(decode(stored.data, stored.layout), layout)


def decode_states(features: FeatureSet, key: EntityKey, stored: Iterable[StoredState]) -> list[State]:
    """What is stored of one entity, unpacked; labels of several shards as one state.

    Raises:
        StateError: if the bytes cannot be read.
    """
    states = [unpack(it, features.layout(key.entity, kind_of(it.source))) for it in stored]
    labels = [state for state in states if state.layout.source == "labels"]
    if len(labels) <= 1:
        return states
    return [*(state for state in states if state.layout.source == "events"), merge(labels)]


def expiry(usecase: UseCase, records: Sequence[Record]) -> int:
    """When an item written now may be removed, in epoch seconds: a week after its last window has closed."""
    return int(max(record.arrived_at for record in records)) + kept_s(usecase)


def kept_s(usecase: UseCase) -> int:
    """How long an item is kept after its last record has arrived, in seconds."""
    return _MARGIN_S + max((feature.length_s + feature.delay_s for feature in usecase.window_features), default=0)


@dataclass(slots=True)
class OwnItem:
    """The item of one entity in the shard at hand, while records are folded into it."""

    state: State
    read_mark: str | None
    mark: str
    folded: int
    first_mark: str = ""

    def holds(self, mark: str) -> bool:
        """Whether the record of that mark is folded already."""
        return mark <= self.mark

    def advance(self, mark: str) -> None:
        """Note that the record of that mark was just folded into the state."""
        self.mark = mark
        if not self.first_mark:
            self.first_mark = mark
        self.folded += 1


class OwnItems:
    """The items that one shard owns, decoded when first needed."""

    def __init__(
        self, *, source: str, stored: Mapping[EntityKey, StoredState], layout: Callable[[str], Layout]
    ) -> None:
        self.source = source
        self._stored = stored
        self._layout = layout
        self._items: dict[EntityKey, OwnItem] = {}

    def item(self, key: EntityKey) -> OwnItem:
        """The entity's item; an empty one if nothing is stored.

        Raises:
            StateError: if the stored bytes cannot be read.
        """
        found = self._items.get(key)
        return self.open(key, self._stored.get(key), self._layout(key.entity)) if found is None else found

    def open(self, key: EntityKey, stored: StoredState | None, layout: Layout) -> OwnItem:
        """The entity's item from what is stored of it, for the first time. Raises as ``item`` does."""
        if stored is None:
            found = OwnItem(new_state(layout), None, NO_MARK, 0)
        else:
            found = OwnItem(unpack(stored, layout), stored.mark, stored.mark, stored.folded)
        self._items[key] = found
        return found

    def coarse(self) -> int:
        """How many of the changed items hold a hot entity's state, coarser than asked or short of its oldest labels."""
        return sum(item.state.coarse for item in self._items.values() if item.first_mark)

    def writes(self, expires_at: int) -> list[StateWrite]:
        """One write per item that has changed, in the order of the shard."""
        source = self.source
        changed = [(key, item) for key, item in self._items.items() if item.first_mark]
        packed = [encode(item.state) for _, item in changed]  # alike ones in a row, which runs quicker
        writes = [
            StateWrite(key, source, data, it.mark, it.folded, expires_at, it.read_mark, it.first_mark)
            for (key, it), data in zip(changed, packed, strict=True)
        ]
        writes.sort(key=_FIRST_MARK)
        return writes


def failed_from(writes: Sequence[StateWrite], failed: AbstractSet[EntityKey]) -> str | None:
    """The lowest mark among the records that are not stored, or None if all are."""
    return min((write.first_mark for write in writes if write.key in failed), default=None) if failed else None
