"""A batch of Kinesis records, and the answer that tells Lambda where to start again.

Pure data: the functions' logic sees records, never the Lambda event.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

MARK_DIGITS = 56
"""Sequence numbers have up to 56 digits; padded to that they compare as texts. A DynamoDB number holds only 38."""
NO_MARK = "0" * MARK_DIGITS
_REVISION = "+"
CLOCK_SKEW_S = 3_600
"""How far an event's time may be ahead of its arrival. Beyond that it would empty every window of its entities."""


class Record(NamedTuple):
    """One record of a shard. ``arrived_at`` is epoch seconds, as Kinesis stamped it."""

    shard_id: str
    sequence_number: str
    arrived_at: float
    data: bytes

    @property
    def mark(self) -> str:
        """The sequence number, padded so that texts compare like numbers."""
        return self.sequence_number.zfill(MARK_DIGITS)

    @property
    def arrived(self) -> datetime:
        """Arrival in UTC."""
        return datetime.fromtimestamp(self.arrived_at, UTC)

    @property
    def latest_event_time(self) -> int:
        """The latest event time that this record may claim, in epoch seconds."""
        return int(self.arrived_at) + CLOCK_SKEW_S

    @property
    def columns(self) -> dict[str, str]:
        """What the lake keeps of the record itself."""
        arrived = self.arrived.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"shard_id": self.shard_id, "sequence_number": self.sequence_number, "arrived_at": arrived}


class Outcome(NamedTuple):
    """What became of a batch.

    ``failed_from`` is the mark of the first record that was not processed; from it on everything is retried.
    ``counts`` are metrics by name. ``problem`` says why something failed, without personal data.
    """

    counts: dict[str, int]
    failed_from: str | None = None
    problem: str | None = None

    def response(self, records: Sequence[Record]) -> dict[str, list[dict[str, str]]]:
        """Lambda's partial batch answer: the sequence number to start again from, if any."""
        failed = (
            [] if self.failed_from is None else [it.sequence_number for it in records if it.mark == self.failed_from]
        )
        return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def revised(mark: str) -> str:
    """The mark of an item whose state was made again up to the same record.

    It is another text, so a function that read the item before is refused its write and reads again; and it lies
    between the marks of that record and the next, so the same records are skipped.
    """
    position, _, revision = mark.partition(_REVISION)
    return f"{position}{_REVISION}{int(revision or 0) + 1}"


def position_of(mark: str) -> str:
    """The mark of the record up to which an item is folded, however often it was made again."""
    return mark[:MARK_DIGITS]


def first_of(*marks: str | None) -> str | None:
    """The lowest of the marks that are there."""
    return min((mark for mark in marks if mark is not None), default=None)
