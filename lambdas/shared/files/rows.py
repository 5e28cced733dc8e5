"""What a file's rows become, whatever the file: a record for the sink, or the reason why there is none."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from headrace.errors import RejectedError


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record for the sink: its bytes, and the key that it belongs to."""

    data: bytes
    key: str


class Row(NamedTuple):
    """One row of a file: the numbers of its first and last line, where it ends, its bytes, and what it becomes."""

    line: int
    last_line: int
    end: int
    data: bytes
    record: Outgoing | RejectedError


class Reader(Protocol):
    """Makes records of the rows of one file. Its methods raise RejectedError for a row that is none."""

    @property
    def max_bytes(self) -> int:
        """The largest row and the largest record."""

    @property
    def needed(self) -> Set[str]:
        """The columns without which no row becomes a record."""

    @property
    def single(self) -> Set[str]:
        """The columns that no file may have twice."""

    def of_json(self, data: bytes) -> Outgoing:
        """A record of a line of JSON."""

    def of_cells(self, cells: Mapping[str, str]) -> Outgoing:
        """A record of a line of CSV: its cells by the names in the first line."""
