"""The columns of lake records that a training set needs, each brought to one type whoever wrote the file.

Firehose writes times as INT96, a backfill as milliseconds, other tools as decimals, 32-bit numbers or epoch seconds.
"""

from typing import get_args

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from headrace.usecase import CalendarPart, FieldType, UseCase
from pipelines.training_set.errors import LakeError

ORIGIN = "_origin"
"""Identifies a record: its shard and sequence number; where it has none (a backfill), its event's id and time."""
ARRIVED = "_arrived_ms"
"""When a record reached the platform, in milliseconds since the epoch."""
SHARD, SEQUENCE, ARRIVED_AT, LABELLED_AT = "shard_id", "sequence_number", "arrived_at", "labelled_at"
BACKFILL = "backfill"
_SEPARATOR = "/"
_ARROW: dict[FieldType, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.int64(),
}


def event_schema(usecase: UseCase) -> pa.Schema:
    """What is kept of an event: id, time in seconds, entity keys, what features and facets look at, origin, arrival."""
    shape = usecase.event
    looked_at = (it.over for it in usecase.window_features if it.source == "events" and it.over is not None)
    names = dict.fromkeys(
        (
            shape.id,
            shape.timestamp,
            *(it.key for it in usecase.entities),
            *usecase.inputs,
            *usecase.facet_fields,
            *looked_at,
        )
    )
    fields = [(name, _ARROW[shape.field(name).type]) for name in names if name not in get_args(CalendarPart)]
    return pa.schema([*fields, (ORIGIN, pa.string()), (ARRIVED, pa.int64())])


def label_schema(usecase: UseCase) -> pa.Schema:
    """What is kept of a label: the event's id, time and keys, the truth, when it was given and when it was known."""
    shape = usecase.event
    keys = [(it.key, pa.string()) for it in usecase.entities]
    times = [(LABELLED_AT, pa.int64()), (ARRIVED, pa.int64())]
    return pa.schema(
        [(shape.id, pa.string()), (shape.timestamp, pa.int64()), *keys, (usecase.label.field, pa.int64()), *times]
    )


def brought_to(values: pa.ChunkedArray, wanted: pa.DataType, *, where: str) -> pa.ChunkedArray:
    """A column as another type: texts stay texts, numbers become numbers, times become whole seconds (rounded down).

    Raises:
        LakeError: naming the column, if its values do not fit.
    """
    found = values.type
    try:
        if pa.types.is_timestamp(found):
            return _scaled(values, {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[found.unit])
        if pa.types.is_decimal(found):  # by way of text: a decimal's own cast does not round to the nearest double
            values = values.cast(pa.string())
        text = pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_dictionary(found)
        if text != pa.types.is_string(wanted) and not pa.types.is_null(found):
            raise LakeError(f"{where} is {found} and should be {wanted}: mend the file or take it out of the lake")
        return values.cast(wanted)
    except pa.ArrowInvalid as exc:
        raise LakeError(f"{where} does not fit {wanted}: {exc}; mend the file or take it out of the lake") from exc


def milliseconds(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as milliseconds since the epoch."""
    return values.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())


def _scaled(values: pa.ChunkedArray, per_second: int) -> pa.ChunkedArray:
    numbers = values.cast(pa.int64())
    if per_second == 1:
        return numbers
    whole = pc.divide(numbers, per_second)  # rounds towards zero
    return pc.subtract(whole, pc.less(pc.subtract(numbers, pc.multiply(whole, per_second)), 0).cast(pa.int64()))


def origins(
    shards: pa.ChunkedArray, sequences: pa.ChunkedArray, ids: pa.ChunkedArray, times: pa.ChunkedArray
) -> pa.ChunkedArray:
    """What identifies each record; see ``ORIGIN``."""
    shards, sequences = pc.fill_null(shards, ""), pc.fill_null(sequences, "")
    streamed = pc.and_(pc.and_(pc.not_equal(shards, BACKFILL), pc.not_equal(shards, "")), pc.not_equal(sequences, ""))
    placed = pc.binary_join_element_wise(shards, sequences, _SEPARATOR)
    named = pc.binary_join_element_wise("", ids, times.cast(pa.string()), _SEPARATOR)
    return pc.if_else(streamed, placed, named)


def frame(table: pa.Table) -> pd.DataFrame:
    """A table as the kernel takes it: whole numbers and truth values stay exact where some are missing."""
    exact = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    columns: dict[str, object] = {}
    for name in table.column_names:
        values = table.column(name)
        mapped = exact.get(values.type) if values.null_count else None
        columns[name] = values.to_pandas(types_mapper=lambda _, to=mapped: to)
    return pd.DataFrame(columns)
