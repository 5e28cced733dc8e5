"""Files of Parquet: a few rows at a time, of the columns that are fields, entered at any row.

What a footer claims is believed as little as possible: rows and bytes are bounded by the file's size, texts that repeat
are held once, and values are taken out one by one. A footer that lies about its pages may still cost the invocation its
memory; its message then ends with the dead letters.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import RejectedError
from headrace.json_object import shown
from lambdas.event_inbox.logic import EventReader
from lambdas.event_inbox.ranged_file import RangedFile, random_access
from lambdas.event_inbox.tables import UNSUSPICIOUS_BYTES, Found, seconds, table_rows
from lambdas.shared.files.batches import Batch
from lambdas.shared.files.ports import Opened
from lambdas.shared.files.rows import Row

_READ_BYTES = 1024**2
_MOST_ROWS = 512
_BATCH_BYTES = 8 * 1024**2
_DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError, UnicodeError)
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def parquet_rows(batch: Batch, opened: Opened) -> Iterator[Row]:
    """Rows of a file of Parquet behind the batch's place. Raises RejectedError if the file as a whole is wrong."""
    reader = EventReader(batch.its.usecase, batch.place.modified)
    source = random_access(batch, opened)
    try:
        yield from table_rows(_found(source, batch, opened.size), batch, reader, size=opened.size)
    except _DAMAGE as exc:
        if isinstance(source, RangedFile) and source.failure:
            raise source.failure from exc
        raise RejectedError("is no Parquet, or is damaged") from exc


def _found(source: Any, batch: Batch, size: int) -> Iterator[Found]:
    plain = pq.ParquetFile(source, pre_buffer=False)
    _check(plain, batch, size)
    columns, texts = _columns(plain.schema_arrow, batch.reader.needed, batch.reader.single)
    source.seek(0)
    file = pq.ParquetFile(
        source, metadata=plain.metadata, read_dictionary=texts, buffer_size=_READ_BYTES, pre_buffer=False
    )
    left = batch.place.line
    for number in range(file.num_row_groups):
        rows = file.metadata.row_group(number).num_rows
        if left >= rows:
            left -= rows
            continue
        for part in _parts(file, number, columns):
            yield from _rows(part, left)
            left = max(0, left - part.num_rows)


def _check(file: pq.ParquetFile, batch: Batch, size: int) -> None:
    """Refuse what claims to be more than a file of its size can be."""
    groups = [file.metadata.row_group(it) for it in range(file.num_row_groups)]
    ratio, most = batch.its.most_ratio, batch.its.most_bytes
    if file.metadata.num_rows > size * ratio:
        raise RejectedError(f"claims more than {ratio} rows for each of its bytes")
    if sum(it.total_byte_size for it in groups) > min(most, max(UNSUSPICIOUS_BYTES, size * ratio)):
        raise RejectedError(f"claims to unpack to more than {most} bytes, or {ratio} times its size")
    if any(it.num_rows < 0 or it.total_byte_size < 0 for it in groups):
        raise RejectedError("is no Parquet, or is damaged")


def _columns(schema: pa.Schema, needed: Any, single: Any) -> tuple[list[str], list[str]]:
    """The columns that hold a field, and which of them are texts.

    Raises:
        RejectedError: naming the fields that are missing, or one that is there twice.
    """
    names = {it.name: list(_leaves(it.name, it.type)) for it in schema}
    held = [leaf for it in schema for leaf in _leaves(it.name, it.type)]
    if missing := sorted(needed - {*held}):
        raise RejectedError(f"its schema lacks {', '.join(missing)}")
    if twice := sorted(name for name in single if held.count(name) > 1):
        raise RejectedError(f"its schema has {', '.join(twice)} twice")
    columns = [name for name, leaves in names.items() if single & {*leaves}]
    if any(schema.names.count(name) > 1 or "." in name for name in columns):
        raise RejectedError(f"its schema has {', '.join(map(shown, columns))}, of which one is there twice or dotted")
    texts = [it for it in columns if pa.types.is_string(kind := schema.field(it).type) or pa.types.is_binary(kind)]
    return columns, texts


def _leaves(name: str, kind: pa.DataType, depth: int = 0) -> Iterator[str]:
    if depth > len(_UNITS) * 2:
        raise RejectedError("its schema is nested too deeply")
    if pa.types.is_struct(kind):
        for place in range(kind.num_fields):
            yield from _leaves(f"{name}_{kind.field(place).name}", kind.field(place).type, depth + 1)
    else:
        yield name


def _parts(file: pq.ParquetFile, number: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
    group = file.metadata.row_group(number)
    row_bytes = max(1, group.total_byte_size // max(1, group.num_rows))
    rows = max(1, min(_MOST_ROWS, _BATCH_BYTES // row_bytes))
    yield from file.iter_batches(batch_size=rows, row_groups=[number], columns=columns, use_threads=False)


def _rows(part: pa.RecordBatch, after: int) -> Iterator[Found]:
    columns = {name: _plain(part.column(place)) for place, name in enumerate(part.schema.names)}
    for row in range(after, part.num_rows):
        yield _row(columns, row)


def _plain(column: pa.Array) -> tuple[pa.Array, int]:
    """A column, and how many of its units are one second, for those of times."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64()), _UNITS[column.type.unit]
    return column, 0


def _row(columns: Mapping[str, tuple[pa.Array, int]], row: int) -> Found:
    values: dict[str, object] = {}
    for name, (column, units) in columns.items():
        try:
            value = column[row].as_py()
        except (ValueError, OverflowError):
            return RejectedError("cannot be read", field=shown(name))
        values[name] = seconds(value, units) if units and value is not None else value
    return values
