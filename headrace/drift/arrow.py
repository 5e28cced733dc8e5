"""Columns of Arrow arrays, as Parquet and CSV readers hand them over."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.drift.cells import column_of_cells, is_time
from headrace.drift.column import Column

Array = Any
"""``pyarrow.Array``; pyarrow has no types of its own."""


def column_of(values: Array) -> Column:
    """Count an array that knows its type; nested values are their JSON text.

    Args:
        values: of n rows, null where missing.
    """
    values = _simpler(values)
    kind = values.type
    if pa.types.is_null(kind):
        return Column.without(len(values))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _of_numbers(values)
    if pa.types.is_timestamp(kind):
        return Column.of(values.to_numpy(zero_copy_only=False))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_times(values) or column_of_cells(_counts(values), missing=values.null_count, numbers=False)
    texts = Counter(_text(it) for it in values.to_pylist() if it is not None)
    return Column.of_counts(texts, missing=values.null_count)


def _simpler(values: Array) -> Array:
    """Booleans and durations as integers, every time as microseconds, what is looked up looked up."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _simpler(values.dictionary_decode())
    if pa.types.is_boolean(kind):
        return values.cast(pa.int8())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return values.cast(pa.timestamp("us"), safe=False)  # half a microsecond is no reason to stop
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        return values.cast(pa.int64() if kind.bit_width == _WIDE else pa.int32())
    return values


def column_of_strings(values: Array) -> Column:
    """Count an array of strings of a file that has nothing else: what reads as a number is one."""
    try:
        return _of_numbers(pc.cast(values, pa.float64()))
    except pa.ArrowInvalid:
        return _of_times(values) or column_of_cells(_counts(values), missing=values.null_count, numbers=True)


_WIDE = 64
_PROBED = 100


def _of_numbers(values: Array) -> Column:
    floats = values.cast(pa.float64(), safe=False)
    if floats.null_count:
        floats = floats.fill_null(np.nan)
    return Column.of(floats.to_numpy(zero_copy_only=False))


def _of_times(values: Array) -> Column | None:
    """Count texts of which all are times; None if they are not."""
    first = next((it for it in values[:_PROBED].to_pylist() if it is not None), "")
    if not is_time(first):
        return None
    zoned = first.endswith("Z") or "+" in first
    try:
        return column_of(values.cast(pa.timestamp("us", "UTC") if zoned else pa.timestamp("us")))
    except pa.ArrowInvalid:
        return None


def _counts(values: Array) -> dict[str, int]:
    found = values.drop_null().value_counts()
    return dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return json.dumps(value, sort_keys=True, default=str) if isinstance(value, dict | list) else str(value)
