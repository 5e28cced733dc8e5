"""One day's rows become a Parquet file and its record. Every engine writes through this: equal rows are equal bytes."""

import hashlib
import io
import zlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.training_columns import EVENT_ID, LABEL, common_names, training_columns
from headrace.usecase import UseCase
from pipelines.training_set import record
from pipelines.training_set.days import iso
from pipelines.training_set.objects import ObjectStore
from pipelines.training_set.order import Order
from pipelines.training_set.record import Basis, Record

_ARROW = {"text": pa.string(), "seconds": pa.int64(), "number": pa.float64(), "truth": pa.int8()}
_ROW_GROUP = 131_072


def schema(usecase: UseCase) -> pa.Schema:
    """The columns: event id, time in seconds, entity keys, fields of facets, features (missing: null), label."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in training_columns(usecase).items()])


def number(event_id: str, parts: int) -> int:
    """Which of a day's files an event's row goes to."""
    return zlib.crc32(event_id.encode()) % parts


def write(store: ObjectStore, order: Order, rows: pd.DataFrame, *, day: int, part: int, basis: Basis) -> Record:
    """Write one file, then its record. A file that would hold no rows is removed instead.

    Args:
        store: where the set lies.
        order: whose set.
        rows: the columns of ``schema``, id and time perhaps under the use case's own names; in time's order, those of
            one second by event id, then by arrival.
        day: of the rows, as whole days since the epoch.
        part: number of the file.
        basis: what they rest on.

    Returns:
        What was written. Of rows with one event id the first is kept.
    """
    key = record.file_key(order, day, part)
    rows = rows.rename(columns=common_names(order.usecase)).drop_duplicates(EVENT_ID, keep="first")
    if rows.empty:
        store.delete(key)
        written = Record(date=iso(day), part=part, basis=basis)
    else:
        body = _parquet(order.usecase, rows)
        stored = store.write(key, body)
        written = Record(
            date=iso(day),
            part=part,
            basis=basis,
            rows=len(rows),
            positives=int(np.sum(rows[LABEL].to_numpy())),
            size=stored.size,
            etag=stored.etag,
            sha256=hashlib.sha256(body).hexdigest(),
        )
    record.keep(store, order, written)
    return written


def _parquet(usecase: UseCase, rows: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(rows, schema=schema(usecase), preserve_index=False).replace_schema_metadata(None)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=_ROW_GROUP)
    return sink.getvalue()


def empty(usecase: UseCase) -> pd.DataFrame:
    """No rows, in the columns of ``schema``."""
    nothing: pd.DataFrame = schema(usecase).empty_table().to_pandas()
    return nothing
