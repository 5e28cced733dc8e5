"""What a slice of a file reads from and writes to, and the rows on their way between the two."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from headrace.errors import HeadraceError, RejectedError
from headrace.schema import LabelRecord
from headrace.usecase import UseCase
from lambdas.label_inbox.label_rows import Labels, Row
from lambdas.label_inbox.places import Place
from lambdas.shared.quarantine import ObjectStore, evidence, json_lines
from lambdas.shared.stream import CLOCK_SKEW_S

BATCH_ROWS = 500
BATCH_BYTES = 3_900_000
"""Together with the largest record and the keys below the 5 MiB that one call may carry."""
EVIDENCE_BYTES = 4_096
"""How much of a rejected line is kept."""
_LONGEST_KEY = 256
"""Of a partition key, in characters."""


class GoneError(HeadraceError):
    """The object was deleted before it was read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An object's bytes from the wished position on, and when S3 got it, in seconds."""

    modified: int
    chunks: Iterator[bytes]


class Inbox(Protocol):
    """The files."""

    def open(self, place: Place, *, offset: int) -> Opened:
        """Read a place's file from a byte on. It and the chunks raise GoneError, RetryableError or DependencyError."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record for the stream, and the key that chooses its shard."""

    data: bytes
    key: str


class Stream(Protocol):
    """The labels stream."""

    def put(self, records: Sequence[Outgoing]) -> None:
        """Put records, each key's in order. Raises RetryableError if some are turned away again and again."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a slice needs: whose labels, where from, where to, and its limits (see the settings)."""

    usecase: UseCase
    inbox: Inbox
    stream: Stream
    lake: ObjectStore
    slice_s: float
    most_bytes: int
    most_ratio: int
    clock: Callable[[], float] = time.monotonic


class Batch:
    """Rows on their way. ``place`` is how far the stream has them."""

    def __init__(self, start: Place, its: Reading) -> None:
        self.its = its
        self.place = start
        self.moved = False
        """Whether any row is done."""
        self.labels = Labels(usecase=its.usecase, given_at=start.modified, latest=start.modified + CLOCK_SKEW_S)
        self._last: Row | None = None
        self._outgoing: list[Outgoing] = []
        self._bytes = 0
        self._wrong: list[dict[str, object]] = []
        self._refused: list[dict[str, object]] = []

    @property
    def full(self) -> bool:
        """Whether it has to be flushed."""
        return max(len(self._outgoing), len(self._wrong)) >= BATCH_ROWS or self._bytes >= BATCH_BYTES

    def begin(self, end: int, header: str) -> None:
        """Note that the first line is read."""
        self.place = replace(self.place, offset=end, line=1, header=header)

    def add(self, row: Row) -> None:
        """Take one row."""
        self._last = row
        if isinstance(row.label, RejectedError):
            self._wrong.append(self._evidence(row, row.label))
            return
        record = outgoing(self.its.usecase, row.label)
        if len(record.data) > self.its.usecase.event.max_bytes:
            too_long = RejectedError(f"is larger than {self.its.usecase.event.max_bytes} bytes")
            self._wrong.append(self._evidence(row, too_long))
            return
        self._outgoing.append(record)
        self._bytes += len(record.data)

    def refuse_file(self, error: RejectedError) -> None:
        """Keep what was right before the file went wrong, and say what went wrong."""
        self.flush()
        line = self.place.line + 1
        self.add(Row(line, self.place.line, self.place.offset, b"", error))
        self.flush()

    def flush(self) -> None:
        """Bring the labels to the stream; only then does the place move. Raises RetryableError."""
        if self._last is None:
            return
        if self._outgoing:
            self.its.stream.put(self._outgoing)
        self.place = replace(
            self.place,
            offset=self._last.end,
            line=self._last.last_line,
            sent=self.place.sent + len(self._outgoing),
            rejected=self.place.rejected + len(self._wrong),
        )
        self.moved = True
        self._refused += self._wrong
        self._last, self._outgoing, self._bytes, self._wrong = None, [], 0, []
        if len(self._refused) >= BATCH_ROWS:
            self.quarantine()

    def quarantine(self) -> None:
        """Write what was refused up to the place."""
        if self._refused:
            first = int(str(self._refused[0]["line"]))
            self.its.lake.put(self.place.quarantine(first), json_lines(self._refused))
            self._refused = []

    def _evidence(self, row: Row, error: RejectedError) -> dict[str, object]:
        return {
            "reason": error.reason,
            "field": error.field,
            "file": self.place.key,
            "version": self.place.writing,
            "line": row.line,
            "data": evidence(self.its.usecase, row.data[:EVIDENCE_BYTES]),
        }


def outgoing(usecase: UseCase, label: LabelRecord) -> Outgoing:
    """A label as it travels on the stream; every copy of it is the same. Its primary entity chooses the shard."""
    shape = usecase.event
    document = {
        shape.id: label.event_id,
        shape.timestamp: label.timestamp,
        **{entity.key: label.keys[entity.name] for entity in usecase.entities},
        usecase.label.field: label.value,
        "labelled_at": label.labelled_at,
    }
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Outgoing(data + b"\n", label.keys[usecase.primary.name][:_LONGEST_KEY])
