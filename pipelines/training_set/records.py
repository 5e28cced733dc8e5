"""Lake objects as tables: Parquet events and labels as JSON lines, in the columns and types of ``columns``."""

import io
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from headrace.usecase import UseCase
from pipelines.training_set import columns
from pipelines.training_set.columns import ARRIVED, ARRIVED_AT, BACKFILL, LABELLED_AT, ORIGIN, SEQUENCE, SHARD
from pipelines.training_set.errors import LakeError
from pipelines.training_set.objects import ObjectStore

_DERIVED = (ORIGIN, ARRIVED)


def read_events(store: ObjectStore, key: str, usecase: UseCase) -> pa.Table:
    """The events of one Parquet object, in the columns of ``event_schema``, as they lie.

    Raises:
        LakeError: if a column is missing or its values do not fit; names object and column.
    """
    shape, schema = usecase.event, columns.event_schema(usecase)
    fields = [name for name in schema.names if name not in _DERIVED]
    with store.open(key) as stream:
        found = _parquet(stream, key)
        absent = sorted({name for name in fields if shape.field(name).required} - set(found.schema_arrow.names))
        if absent:
            raise LakeError(f"{key} lacks the columns {', '.join(absent)}: its rows are no {usecase.name} events")
        wanted = [*fields, SHARD, SEQUENCE, ARRIVED_AT]
        table = found.read(columns=[name for name in wanted if name in found.schema_arrow.names])
    read = {name: _column(table, name, schema.field(name).type, key) for name in fields}
    texts = {name: _column(table, name, pa.string(), key) for name in (SHARD, SEQUENCE)}
    read[ORIGIN] = columns.origins(texts[SHARD], texts[SEQUENCE], read[shape.id], read[shape.timestamp])
    read[ARRIVED] = _arrived(table, read[shape.timestamp])
    return _required(pa.table(read, schema=schema), (shape.id, shape.timestamp), key)


def read_labels(store: ObjectStore, key: str, usecase: UseCase) -> pa.Table:
    """The labels of one JSON-lines object, in the columns of ``label_schema``.

    A label of a stream is known from when it arrived, one of a backfill from when it was given; never before either.

    Raises:
        LakeError: if the object is not such labels; names it.
    """
    shape, schema = usecase.event, columns.label_schema(usecase)
    with store.open(key) as stream:
        body = stream.read()
    if not body.strip():
        return schema.empty_table()
    times = dict.fromkeys((shape.timestamp, LABELLED_AT, ARRIVED_AT), pa.timestamp("ms", tz="UTC"))
    texts = dict.fromkeys((shape.id, *(it.key for it in usecase.entities), SHARD), pa.string())
    expected = pa.schema({**texts, **times, usecase.label.field: pa.int64()})
    options = pj.ParseOptions(explicit_schema=expected, unexpected_field_behavior="ignore")
    try:
        table = pj.read_json(io.BytesIO(body), parse_options=options)
    except pa.ArrowInvalid as exc:
        raise LakeError(f"{key} is not labels as JSON lines: {exc}; mend it or take it out of the lake") from exc
    read = {name: _column(table, name, schema.field(name).type, key) for name in schema.names if name not in _DERIVED}
    streamed = pc.and_(
        pc.is_valid(table.column(ARRIVED_AT)), pc.not_equal(pc.fill_null(table.column(SHARD), ""), BACKFILL)
    )
    given = pc.multiply(read[LABELLED_AT], 1_000)
    arrived = pc.if_else(streamed, columns.milliseconds(table.column(ARRIVED_AT)), given)
    read[ARRIVED] = pc.max_element_wise(arrived, given)
    return _required(pa.table(read, schema=schema), schema.names, key)


def _parquet(stream: BinaryIO, key: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(stream)
    except pa.ArrowInvalid as exc:
        raise LakeError(f"{key} is no Parquet file: {exc}; take it out of the lake") from exc


def _column(table: pa.Table, name: str, wanted: pa.DataType, key: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, wanted)])
    return columns.brought_to(table.column(name), wanted, where=f"column {name} of {key}")


def _arrived(table: pa.Table, times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Arrival in milliseconds; a record that does not say so arrived with its event."""
    own = pc.multiply(times, 1_000)
    if ARRIVED_AT not in table.column_names or not pa.types.is_timestamp(table.column(ARRIVED_AT).type):
        return own
    return pc.coalesce(columns.milliseconds(table.column(ARRIVED_AT)), own)


def _required(table: pa.Table, names: tuple[str, ...] | list[str], key: str) -> pa.Table:
    for name in names:
        if missing := table.column(name).null_count:
            raise LakeError(
                f"column {name} of {key} is null in {missing} rows: mend the file or take it out of the lake"
            )
    return table


def event_times(store: ObjectStore, key: str, usecase: UseCase) -> np.ndarray:
    """The event times of one Parquet object in seconds, shape (rows,), int64; only that column is read.

    Raises:
        LakeError: if there is no such column or a time is missing.
    """
    name = usecase.event.timestamp
    with store.open(key) as stream:
        found = _parquet(stream, key)
        table = found.read(columns=[name] if name in found.schema_arrow.names else [])
    times = _required(pa.table({name: _column(table, name, pa.int64(), key)}), [name], key)
    values: np.ndarray = times.column(name).to_numpy()
    return values
