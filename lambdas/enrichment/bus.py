"""Many events onto the bus, ten to a call, within a time: what it does not take in time is counted and left."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.events import BusEvent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_ENTRIES_PER_CALL = 10
_BYTES_PER_CALL = 240_000
"""Below 256 KB, of which source and detail-type take a part."""
_ATTEMPTS = 4
_PAUSE_S = 0.05
_PATIENCE_S = 2.0

Entry = dict[str, str]


class AlertBus:
    """EventBridge's default bus for a stream that must not wait for it.

    Args:
        client: should try each call once: the pauses between attempts are made here.
        executor: for several calls at once.
        patience_s: the longest that one batch of the stream waits, but for calls under way.
    """

    def __init__(
        self,
        client: "EventBridgeClient",
        *,
        executor: Executor,
        patience_s: float = _PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._executor, self._patience_s = client, executor, patience_s
        self._clock, self._sleep = clock, sleep

    def announce(self, events: Sequence[BusEvent]) -> int:
        """Put events. Returns how many were not taken; raises nothing that AWS does."""
        until = self._clock() + self._patience_s
        chunks = list(_chunks([event.to_entry() for event in events]))
        return sum(self._executor.map(lambda chunk: self._put(chunk, until), chunks))

    def _put(self, entries: list[Entry], until: float) -> int:
        """One call, and more for what it refuses. Returns how many entries are left."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # jitter, not a secret
            if self._clock() > until:
                break
            entries = self._refused(entries)
            if not entries:
                break
        return len(entries)

    def _refused(self, entries: list[Entry]) -> list[Entry]:
        wanted: list[Any] = list(entries)
        try:
            answer = self._client.put_events(Entries=wanted)
        except (ClientError, BotoCoreError):
            return entries
        if not answer["FailedEntryCount"]:
            return []
        return [entry for entry, it in zip(entries, answer["Entries"], strict=True) if it.get("ErrorCode")]


def _chunks(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        own = sum(len(value.encode()) for value in entry.values())
        if chunk and (len(chunk) == _ENTRIES_PER_CALL or size + own > _BYTES_PER_CALL):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += own
    if chunk:
        yield chunk
