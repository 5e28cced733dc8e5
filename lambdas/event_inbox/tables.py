"""Rows of tables with types: each becomes a row of the inbox, and all together may be no more than a file may hold."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Protocol

from headrace.errors import RejectedError
from lambdas.shared.files.batches import EVIDENCE_BYTES, Batch
from lambdas.shared.files.rows import Outgoing, Row

UNSUSPICIOUS_BYTES = 16 * 1024**2
"""Below this nothing is a bomb."""
_SHOWN_CHARACTERS = 512
"""Of one value of a rejected row."""


class TableReader(Protocol):
    """Makes records of a table's rows."""

    def of_values(self, values: Mapping[str, object]) -> Outgoing:
        """A record of a row's typed values. Raises RejectedError."""


Found = Mapping[str, object] | RejectedError
"""A row of a table, or why it cannot be read."""


def table_rows(found: Iterator[Found], batch: Batch, reader: TableReader, *, size: int) -> Iterator[Row]:
    """Rows behind the batch's place, whose offset is how many bytes have come out before.

    Args:
        found: the rows behind the place.
        batch: where they go.
        reader: what makes records of them.
        size: the file's bytes.

    Raises:
        RejectedError: if more comes out than may.
    """
    its, number, came = batch.its, batch.place.line, batch.place.offset
    most = min(its.most_bytes, max(UNSUSPICIOUS_BYTES, size * its.most_ratio))
    for values in found:
        number += 1
        record: Outgoing | RejectedError
        try:
            record = values if isinstance(values, RejectedError) else reader.of_values(values)
        except RejectedError as exc:
            record = exc
        data = record.data if isinstance(record, Outgoing) else evidence(values)
        came += max(1, len(data))
        if came > most:
            raise RejectedError(f"unpacks to more than {most} bytes")
        yield Row(number, number, came, data, record)


def seconds(moment: int, units: int) -> float:
    """A moment in seconds, ``units`` to each; the last nanosecond of one is never the next."""
    whole = moment // units
    return min(moment / units, math.nextafter(whole + 1, whole))


def evidence(values: Found) -> bytes:
    """What is kept of a row that is refused: its beginning, as JSON."""
    if isinstance(values, RejectedError):
        return b""
    shown = {name: _shown(value) for name, value in values.items()}
    return json.dumps(shown, separators=(",", ":"), default=_shown_text).encode()[:EVIDENCE_BYTES]


def _shown(value: object) -> object:
    return value[:_SHOWN_CHARACTERS] if isinstance(value, str | bytes) else value


def _shown_text(value: object) -> str:
    if isinstance(value, bytes):
        return value[:_SHOWN_CHARACTERS].decode("utf-8", "replace")
    return str(value)[:_SHOWN_CHARACTERS]
