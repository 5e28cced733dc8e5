"""What a slice of a file reads from and writes to, and the rows on their way between the two."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from headrace.errors import RejectedError
from headrace.usecase import UseCase
from lambdas.shared.files.places import Folders, Place
from lambdas.shared.files.ports import Inbox, Note, Opened, PartlyTakenError, Sink
from lambdas.shared.files.rows import Outgoing, Reader, Row
from lambdas.shared.quarantine import ObjectStore, evidence, json_lines

BATCH_ROWS = 500
BATCH_BYTES = 3_900_000
"""Together with the largest record and the keys below the 5 MiB that one call to Kinesis may carry."""
EVIDENCE_BYTES = 4_096
"""How much of a rejected row is kept."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. ``packed``: it cannot be entered in the middle, so it is opened at its start.

    ``rows`` reads the rows from the batch's place on. It raises RejectedError if the file as a whole is wrong.
    """

    rows: Callable[["Batch", Opened], Iterator[Row]]
    packed: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a slice needs: whose rows, where from, what they become, where to, and its limits (see the settings).

    ``reader`` makes the reader of a file that S3 got at that second; ``formats`` are by the endings of names.
    ``notes`` finds the note about a file; without it a slice that crashes is done again from its start.
    """

    usecase: UseCase
    folders: Folders
    formats: Mapping[str, Format]
    reader: Callable[[int], Reader]
    inbox: Inbox
    sink: Sink
    lake: ObjectStore
    slice_s: float
    most_bytes: int
    most_ratio: int
    notes: Callable[[Place], Note] | None = None
    clock: Callable[[], float] = time.monotonic


class Batch:
    """Rows on their way. ``place`` is how far the sink has them."""

    def __init__(self, start: Place, its: Reading, note: Note | None = None) -> None:
        self.its = its
        self.place = start
        self._note = note
        self._ahead = False
        """Of the note: the sink has more than it says."""
        self.moved = False
        """Whether any row is done."""
        self.reader = its.reader(start.modified)
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
        if isinstance(row.record, RejectedError):
            self._wrong.append(self._evidence(row, row.record))
            return
        if len(row.record.data) > self.reader.max_bytes:
            too_long = RejectedError(f"is larger than {self.reader.max_bytes} bytes")
            self._wrong.append(self._evidence(row, too_long))
            return
        self._outgoing.append(row.record)
        self._bytes += len(row.record.data)

    def refuse_file(self, error: RejectedError) -> None:
        """Keep what was right before the file went wrong, and say what went wrong."""
        self.flush()
        line = self.place.line + 1
        self.add(Row(line, self.place.line, self.place.offset, b"", error))
        self.flush()

    def flush(self) -> None:
        """Bring the records to the sink; only then does the place move. Raises RetryableError."""
        if self._last is None:
            return
        repeated = self._put() if self._outgoing else 0
        self.place = replace(
            self.place,
            offset=self._last.end,
            line=self._last.last_line,
            sent=self.place.sent + len(self._outgoing),
            rejected=self.place.rejected + len(self._wrong),
            repeated=self.place.repeated + repeated,
        )
        self.moved = True
        self._refused += self._wrong
        self._last, self._outgoing, self._bytes, self._wrong = None, [], 0, []
        if len(self._refused) >= BATCH_ROWS:
            self.quarantine()

    def _put(self) -> int:
        """Returns how many records the sink may have got twice."""
        if not self._note:
            self.its.sink.put(self._outgoing)
            return 0
        self.quarantine()  # what lies before a note is never read again
        self._note.begin(self.place, len(self._outgoing))
        self._ahead = False
        try:
            repeated = self.its.sink.put(self._outgoing)
        except PartlyTakenError as exc:
            self._note.begin(self.place, exc.taken)
            raise
        self._ahead = True
        return repeated

    def note(self) -> None:
        """Write down that the sink has everything before the place, for whoever goes on. Raises RetryableError."""
        if self._note and self._ahead:
            self._note.begin(self.place, 0)

    def quarantine(self) -> None:
        """Write what was refused up to the place."""
        if self._refused:
            first = int(str(self._refused[0]["line"]))
            self.its.lake.put(self.its.folders.rejected(self.place, first), json_lines(self._refused))
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
