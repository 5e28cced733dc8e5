"""What reading a file takes: the files, what takes the records, and notes about how far it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from headrace.errors import HeadraceError, RetryableError
from lambdas.shared.files.places import Place
from lambdas.shared.files.rows import Outgoing


class GoneError(HeadraceError):
    """The object was deleted before it was read."""


class PartlyTakenError(RetryableError):
    """A sink has not taken all records of a batch. ``taken`` of them it has, or may have."""

    def __init__(self, problem: str, *, taken: int) -> None:
        super().__init__(problem)
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Opened:
    """An object's bytes from the wished position on, and when S3 got it, in seconds. ``size`` is that of the bytes."""

    modified: int
    chunks: Iterator[bytes]
    size: int = 0


class Inbox(Protocol):
    """The files."""

    def open(self, place: Place, *, offset: int, length: int | None = None) -> Opened:
        """Read a place's file from a byte on, to the end or so many bytes.

        It and the chunks raise GoneError, RetryableError or DependencyError.
        """


class Sink(Protocol):
    """What takes the records."""

    def put(self, records: Sequence[Outgoing]) -> int:
        """Put records, each key's in order.

        Returns how many it may have got twice. Raises PartlyTakenError if some are turned away again and again.
        """


class Note(Protocol):
    """How far one version of a file is, written down batch by batch, where records must not come twice.

    ``place`` is where to go on, by the note or by the message, whichever is further.
    """

    @property
    def place(self) -> Place:
        """Where to go on."""

    def begin(self, place: Place, records: int) -> None:
        """Write that the sink has everything before the place, and may soon have so many records behind it.

        Raises RetryableError, also if somebody else has written since.
        """
