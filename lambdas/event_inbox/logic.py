"""A row of a file becomes an event as it travels on the events stream, checked as the stream's readers check it.

An object within a row is flattened: ``{"card": {"country": "FR"}}`` is the field ``card_country``. CSV has no types, so
cells are read by the type of their field. Tables have types of their own: a whole number that is held as a float or a
decimal is one, and a time without an offset is in UTC, as ``headrace backfill`` takes it.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from headrace.errors import RejectedError
from headrace.json_object import read_object, shown
from headrace.schema import coerce_event
from headrace.usecase import FieldType, UseCase
from lambdas.shared.files.cells import cell_value
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.stream import CLOCK_SKEW_S

_LONGEST_KEY = 256
"""Of a partition key, in characters."""
_DEEPEST = 8
"""How deep objects may lie in one another."""


@dataclass(frozen=True, slots=True)
class EventReader:
    """How a file's events are read: whose they are, and when S3 got the file, in seconds."""

    usecase: UseCase
    given_at: int

    @property
    def max_bytes(self) -> int:
        """The largest event."""
        return self.usecase.event.max_bytes

    @property
    def needed(self) -> set[str]:
        """The columns without which there is no event."""
        return {it.name for it in self.usecase.event.fields if it.required}

    @property
    def single(self) -> set[str]:
        """The columns that no file may have twice: every field."""
        return {it.name for it in self.usecase.event.fields}

    def of_json(self, data: bytes) -> Outgoing:
        """An event of a line of JSON. Raises RejectedError."""
        return self._outgoing(flat(read_object(data, max_bytes=self.max_bytes)))

    def of_cells(self, cells: Mapping[str, str]) -> Outgoing:
        """An event of a line of CSV; an empty cell is absent. Raises RejectedError."""
        fields = self.usecase.event.fields
        raw = {it.name: cell_value(cell, it.type) for it in fields if (cell := cells.get(it.name))}
        return self._outgoing(raw)

    def of_values(self, values: Mapping[str, object]) -> Outgoing:
        """An event of a row of a table: typed values, objects as mappings. Raises RejectedError."""
        found = flat(values)
        fields = self.usecase.event.fields
        raw = {it.name: _value(value, it.type) for it in fields if (value := found.get(it.name)) is not None}
        return self._outgoing(raw)

    def _outgoing(self, raw: Mapping[str, object]) -> Outgoing:
        """An event as it travels. Its primary entity chooses the shard."""
        event = coerce_event(self.usecase, raw, latest=self.given_at + CLOCK_SKEW_S)
        present = {name: value for name, value in event.items() if value is not None}
        data = json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode()
        return Outgoing(data + b"\n", str(event[self.usecase.primary.key])[:_LONGEST_KEY])


def flat(row: Mapping[str, object]) -> dict[str, object]:
    """A row without objects in it: what lies in one has its path as name, joined by underscores.

    Raises:
        RejectedError: if two values get one name, or objects lie too deep.
    """
    if not any(isinstance(it, Mapping) for it in row.values()):
        return dict(row)
    found: dict[str, object] = {}
    for name, value in _leaves(row, "", 0):
        if name in found:
            raise RejectedError("is there twice, nested and plain", field=shown(name))
        found[name] = value
    return found


def _leaves(row: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    if depth > _DEEPEST:
        raise RejectedError("is nested too deeply")
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}_", depth + 1)
        else:
            yield f"{prefix}{name}", value


def _value(value: object, wished: FieldType) -> object:
    """A table's value as JSON would have it; what does not fit its field is left to the field's check."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and math.isnan(value):  # how tables without nulls say that there is none
        return None
    if wished == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if wished == "timestamp" and isinstance(value, datetime):
        return _seconds(value)
    if wished == "timestamp" and isinstance(value, date):
        return _seconds(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if wished == "string" and isinstance(value, bytes | UUID):
        return _text(value)
    return value


def _text(value: bytes | UUID) -> object:
    """Bytes that are no text stay as they are: with a mark in place of what is wrong, two ids could become one."""
    if isinstance(value, UUID):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _seconds(moment: datetime) -> float:
    whole = moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC)  # nanoseconds would round up to the next second
    return math.floor(whole.timestamp()) + moment.microsecond / 1_000_000
