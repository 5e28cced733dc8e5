"""Files of Avro: block after block from the start; blocks before the batch's place are passed over unread."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from fastavro import schemaless_reader

from headrace.errors import RejectedError
from lambdas.event_inbox.avro_blocks import Block, Source, blocks, damaged, read_header
from lambdas.event_inbox.avro_schema import Layout, read_layout
from lambdas.event_inbox.logic import EventReader, flat
from lambdas.event_inbox.tables import Found, seconds, table_rows
from lambdas.shared.files.batches import Batch
from lambdas.shared.files.ports import Opened
from lambdas.shared.files.rows import Row

_DAMAGE = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What fastavro raises on bytes that are no row of the schema."""


def avro_rows(batch: Batch, opened: Opened) -> Iterator[Row]:
    """Rows of a file of Avro behind the batch's place. Raises RejectedError if the file as a whole is wrong."""
    reader = EventReader(batch.its.usecase, batch.place.modified)
    yield from table_rows(_found(Source(opened.chunks), batch), batch, reader, size=opened.size)


def _found(source: Source, batch: Batch) -> Iterator[Found]:
    header = read_header(source)
    layout = read_layout(header.schema, batch.reader)
    after = batch.place.line
    for block in blocks(source, header, after=after):
        yield from _rows(block, layout, after=after)


def _rows(block: Block, layout: Layout, *, after: int) -> Iterator[Found]:
    data = io.BytesIO(block.data)
    for number in range(block.rows):
        try:
            row: Any = schemaless_reader(data, layout.schema, None)
        except _DAMAGE as exc:
            raise damaged() from exc
        if block.first + number >= after:
            yield _named(row, layout)
    if data.tell() != len(block.data):
        raise damaged()


def _named(row: Mapping[str, object], layout: Layout) -> Found:
    try:
        values = {layout.names.get(path, path): value for path, value in flat(row).items()}
    except RejectedError as exc:
        return exc
    for name, units in layout.units.items():
        moment = values.get(name)
        if isinstance(moment, int):
            values[name] = seconds(moment, units)
    return values
