"""Columns of data frames as features read them: seconds, float64 numbers, plain Python values, 32-bit hashes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from headrace.calendar import PARTS
from headrace.errors import RejectedError
from headrace.usecase import CalendarPart, Field, FieldType
from headrace.values import Value
from headrace.window_functions.sketches import hash_of

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
MISSING_HASH = -1
_HOUR_S = 3_600


def seconds(table: pd.DataFrame, name: str) -> Integers:
    """A column of times as whole seconds since the epoch: integers as they are, datetimes floored (naive is UTC).

    Raises:
        RejectedError: if a time is missing.
    """
    if table[name].isna().any():
        raise RejectedError("is missing in some rows: fill it or leave these rows out", field=name)
    if table[name].dtype.kind == "M":
        return pd.to_datetime(table[name], utc=True).to_numpy("datetime64[s]").astype(np.int64)
    return table[name].to_numpy(np.int64)


def texts(table: pd.DataFrame, name: str) -> Objects:
    """A column of ids or keys as text."""
    return table[name].astype(str).to_numpy(dtype=object)


def floats(table: pd.DataFrame, field: Field) -> Floats:
    """A field as float64: numbers and booleans as they are, texts by their position in ``allowed``; missing is NaN."""
    column = table[field.name]
    if field.type == "string":
        column = column.map(field.codes)
    return column.to_numpy(np.float64, na_value=np.nan).astype(np.float64, copy=False)


def values(table: pd.DataFrame, field: Field) -> Objects:
    """A field as the plain values that ``coerce_event`` returns; missing is None."""
    codes, distinct = _factorized(table, field)
    return np.array([*distinct, None], dtype=object)[codes]


def hashes(table: pd.DataFrame, field: Field) -> Integers:
    """The hash of every value of a field; missing is ``MISSING_HASH``."""
    codes, distinct = _factorized(table, field)
    return np.array([*(hash_of(it, field.type) for it in distinct), MISSING_HASH], dtype=np.int64)[codes]


def _factorized(table: pd.DataFrame, field: Field) -> tuple[Integers, list[Value]]:
    codes, distinct = pd.factorize(table[field.name])
    return codes.astype(np.int64), [_PLAIN[field.type](it) for it in distinct]


def _epoch(moment: Any) -> int:
    return int(moment.timestamp() // 1) if isinstance(moment, pd.Timestamp) else int(moment)


_PLAIN: dict[FieldType, Callable[[Any], Value]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "timestamp": _epoch,
}


def calendar_part(times: Integers, part: CalendarPart) -> Floats:
    """A calendar part of every time."""
    hours, hour_of = np.unique(times // _HOUR_S, return_inverse=True)  # no part changes within an hour
    return np.array([PARTS[part](int(hour) * _HOUR_S) for hour in hours], dtype=np.float64)[hour_of]
