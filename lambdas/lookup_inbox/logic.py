"""Readings into the lake, then into the items from which events are filled.

An item is written on the condition that it is still the one that was read, else it is read again. Merging does not care
for order or repetition, so a batch may be done again, and two files may be read side by side.
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from headrace.errors import RejectedError, RetryableError
from headrace.lookups import LookupKey, Reading, gather, merge, prune
from headrace.schema import format_timestamp
from headrace.usecase import Lookup, UseCase
from lambdas.lookup_inbox.reading_rows import line_of, reading_of
from lambdas.lookup_inbox.settings import KEPT
from lambdas.shared.files.inbox import FileInbox
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.looked_up import LookupWrite, Stored
from lambdas.shared.quarantine import ObjectStore

_MARGIN_S = 7 * 86_400
_ROUNDS = 8


class ReadingsTable(Protocol):
    """Holds the readings of keys, each with a version."""

    def stored(self, keys: Iterable[LookupKey]) -> Mapping[LookupKey, Stored]:
        """What is stored of each key, consistently. Raises RetryableError or DependencyError."""

    def write(self, writes: Sequence[LookupWrite]) -> Sequence[LookupKey]:
        """Write what nobody else has written since. Returns the keys that are to be read again; raises as above."""


@dataclass(frozen=True, kw_only=True)
class ReadingSink:
    """Takes the readings of one look-up. ``clock``: epoch seconds now."""

    usecase: UseCase
    lookup: Lookup
    table: ReadingsTable
    lake: ObjectStore
    clock: Callable[[], float] = time.time

    def put(self, records: Sequence[Outgoing]) -> int:
        """Put readings; none is taken twice, however often it comes.

        Raises:
            RetryableError: if lake or table throttle, or others keep writing the same keys.
            DependencyError: if one of them refuses.
        """
        given = [reading_of(self.usecase, self.lookup, it.data) for it in records]
        self._keep(given)
        waiting: dict[LookupKey, list[Reading]] = defaultdict(list)
        for it in given:
            waiting[LookupKey(self.lookup.name, it.key)].append(it)
        for _ in range(_ROUNDS):
            lost = self.table.write(self._writes(waiting))
            waiting = {key: waiting[key] for key in lost}
            if not waiting:
                return 0
        raise RetryableError(f"{len(waiting)} keys of {self.lookup.name} are written by others again and again")

    def _keep(self, given: Sequence[Reading]) -> None:
        """Into the lake, by the date on which they were given; under a name that the same readings have again."""
        dated = sorted((format_timestamp(it.given_at)[:10], place) for place, it in enumerate(given))
        for date, places in groupby(dated, key=lambda it: it[0]):
            lines = b"".join(line_of(self.usecase, self.lookup, given[place]) for _, place in places)
            name = hashlib.sha256(lines).hexdigest()[:32]
            self.lake.put(f"{KEPT}{self.lookup.name}/dt={date}/{name}.jsonl", lines)

    def _writes(self, waiting: Mapping[LookupKey, Sequence[Reading]]) -> list[LookupWrite]:
        """What has changed."""
        stored = self.table.stored(waiting)
        writes = []
        for key, given in waiting.items():
            known = stored.get(key, Stored({}, 0))
            grown = prune(self.usecase, self.lookup, merge(self.lookup, (known.readings, gather(self.lookup, given))))
            if known.version == 0 or grown != known.readings:
                writes.append(LookupWrite(key, grown, known.version, self._expires_at()))
        return writes

    def _expires_at(self) -> int | None:
        """A week after the last event that may ask for it; never where a reading holds until the next."""
        its = self.lookup
        if its.max_age_s is None:
            return None
        return int(self.clock()) + its.max_age_s + its.delay_s + its.lateness_s + _MARGIN_S


def inbox_of(body: str, inboxes: Sequence[FileInbox], stray: FileInbox) -> FileInbox:
    """Who takes in what a message is about: the inbox of its look-up; ``stray`` if it is of none."""
    for inbox in inboxes:
        try:
            if inbox.reading.folders.read_message(body) is not None:
                return inbox
        except RejectedError:
            continue
    return stray
