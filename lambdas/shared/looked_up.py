"""Events with what the platform looks up of them: one read per batch of events, each key once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from headrace.frozen import dataclass
from headrace.lookups import LookupKey, Readings, fill, wanted
from headrace.schema import Value
from headrace.usecase import UseCase

Event = Mapping[str, Value]


class Stored(NamedTuple):
    """One item; ``version`` counts its writes."""

    readings: Readings
    version: int


class LookupWrite(NamedTuple):
    """One item to be written if its version is still the one that was read (0: that there is no item).

    ``expires_at`` is in epoch seconds; None: never.
    """

    key: LookupKey
    readings: Readings
    version: int
    expires_at: int | None


class ReadingsStore(Protocol):
    """Holds the readings of keys."""

    def read(self, keys: Iterable[LookupKey]) -> Mapping[LookupKey, Readings]:
        """The readings of each key of which there are any, consistently. Raises RetryableError or DependencyError."""


@dataclass(frozen=True, kw_only=True)
class LookingUp:
    """Fills the fields that events do not bring."""

    usecase: UseCase
    store: ReadingsStore

    def filled(self, events: Sequence[Event]) -> list[Event]:
        """The events, filled. Raises as the store does, and asks nothing if every event brings everything."""
        keys = dict.fromkeys(key for event in events for key in wanted(self.usecase, event))
        if not keys:
            return [*events]
        known = self.store.read(keys)
        return [fill(self.usecase, event, known) for event in events]
