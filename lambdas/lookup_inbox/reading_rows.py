"""A row of a file becomes a reading.

CSV has no types, so cells are read as their field's type asks; keys and texts stay as they are, spaces included.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from headrace.json_object import read_object
from headrace.lookups import GIVEN_AT, Reading, coerce_reading
from headrace.usecase import Lookup, UseCase
from lambdas.shared.files.cells import cell_value
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.stream import CLOCK_SKEW_S


@dataclass(frozen=True, slots=True)
class ReadingReader:
    """How a file's readings are read: whose they are, and when the file was given, in seconds."""

    usecase: UseCase
    lookup: Lookup
    given_at: int

    @property
    def max_bytes(self) -> int:
        """The largest reading."""
        return self.usecase.event.max_bytes

    @property
    def needed(self) -> set[str]:
        """The columns without which there is no reading."""
        return {self.lookup.key, self.usecase.event.timestamp}

    @property
    def single(self) -> set[str]:
        """The columns that no file may have twice."""
        return {*self.needed, *self.lookup.fields, GIVEN_AT}

    def of_json(self, data: bytes) -> Outgoing:
        """A reading of a line. Raises RejectedError."""
        return self._outgoing(read_object(data, max_bytes=self.max_bytes))

    def of_cells(self, cells: Mapping[str, str]) -> Outgoing:
        """A reading of a line of CSV; an empty cell is absent. Raises RejectedError."""
        return self._outgoing({name: self._typed(name, cell) for name, cell in cells.items() if cell})

    def _typed(self, name: str, cell: str) -> object:
        if name in (self.usecase.event.timestamp, GIVEN_AT):
            return cell_value(cell, "timestamp")
        return cell_value(cell, self.usecase.event.field(name).type) if name in self.lookup.fields else cell

    def _outgoing(self, raw: Mapping[str, object]) -> Outgoing:
        latest = self.given_at + CLOCK_SKEW_S
        it = coerce_reading(self.usecase, self.lookup, raw, given_at=self.given_at, latest=latest)
        return Outgoing(line_of(self.usecase, self.lookup, it), it.key)


def line_of(usecase: UseCase, lookup: Lookup, it: Reading) -> bytes:
    """A reading as the lake keeps it: one line of JSON, times in seconds."""
    document = {lookup.key: it.key, usecase.event.timestamp: it.time, GIVEN_AT: it.given_at, **it.values}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def reading_of(usecase: UseCase, lookup: Lookup, line: bytes) -> Reading:
    """The reading of such a line."""
    document = json.loads(line)
    values = {name: document[name] for name in lookup.fields if name in document}
    return Reading(document[lookup.key], document[usecase.event.timestamp], values, document[GIVEN_AT])
