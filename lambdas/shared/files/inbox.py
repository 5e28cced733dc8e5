"""A file becomes records, slice by slice, however large it is.

A slice is what one invocation gets done. What is left goes back into the queue as a message that says where to go on,
so no file is too large and each slice has its own tries. A slice that crashes is done again from its start, or from its
last batch where notes are taken.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from headrace.errors import RejectedError, RetryableError
from headrace.schema import format_timestamp
from lambdas.shared.files.batches import Reading
from lambdas.shared.files.ports import GoneError
from lambdas.shared.files.slices import Slice, work
from lambdas.shared.quarantine import json_lines

Result = Literal["finished", "continued", "repeated", "ignored", "gone", "waiting", "unreadable"]
PAUSE_S = 30
"""How long the rest of a file waits when the sink is full."""


class Queue(Protocol):
    """The queue that the function is fed from."""

    def send(self, body: str, *, delay_s: int) -> None:
        """Send one message. Raises RetryableError or DependencyError."""


class Receipts(Protocol):
    """The receipts of files that are done."""

    def holds(self, key: str) -> bool:
        """Whether there is one of that key. Raises RetryableError or DependencyError."""


@dataclass(frozen=True, kw_only=True)
class FileInbox:
    """A function that takes files in, wired."""

    reading: Reading
    receipts: Receipts
    queue: Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of a message. ``sent`` and ``rejected`` are of this slice. A message not ``done`` is tried again."""

    result: Result
    detail: str
    sent: int = 0
    rejected: int = 0

    @property
    def done(self) -> bool:
        """Whether the message may be deleted."""
        return self.result not in ("waiting", "unreadable")

    @property
    def counts(self) -> dict[str, int]:
        """Metrics by name."""
        return {"Sent": self.sent, "Quarantined": self.rejected, f"File{self.result.capitalize()}": 1}


def take(body: str, function: FileInbox, *, deadline: float) -> Handled:
    """Work on what one message is about.

    Args:
        body: S3's event about a new object, or our own word on where to go on in one.
        function: what to do it with.
        deadline: when to hand on the rest at the latest, in seconds of the function's clock.

    Raises:
        DependencyError: if AWS refuses a call for good; the message is tried again and then dead-lettered.
    """
    folders = function.reading.folders
    try:
        place = folders.read_message(body)
        if place is None:
            return Handled(result="ignored", detail="no file of the inbox")
        if function.receipts.holds(folders.receipt(place)):
            return Handled(result="repeated", detail=place.key)
        return _settle(work(place, function.reading, deadline=deadline), function)
    except RejectedError as exc:
        return Handled(result="unreadable", detail=str(exc))
    except GoneError as exc:
        return Handled(result="gone", detail=str(exc))
    except RetryableError as exc:
        return Handled(result="waiting", detail=str(exc))


def _settle(done: Slice, function: FileInbox) -> Handled:
    """Leave a receipt, or send on what is left. The message in hand goes only after that."""
    folders = function.reading.folders
    if done.finished:
        function.reading.lake.put(folders.receipt(done.place), json_lines([_receipt(done, function)]))
    else:
        function.queue.send(folders.message(done.place), delay_s=PAUSE_S if done.problem else 0)
    return Handled(
        result="finished" if done.finished else "continued",
        detail=f"{done.place.key}: {done.problem}" if done.problem else done.place.key,
        sent=done.place.sent - done.start.sent,
        rejected=done.place.rejected - done.start.rejected,
    )


def _receipt(done: Slice, function: FileInbox) -> dict[str, object]:
    place = done.place
    return {
        "file": place.key,
        "version": place.writing,
        "modified": format_timestamp(place.modified),
        "lines": place.line,
        "sent": place.sent,
        "rejected": place.rejected,
        **({"repeated": place.repeated} if function.reading.notes else {}),
        "problem": done.problem or None,
    }
