"""Files of past events: read Parquet, CSV or JSONL and rename their columns to the use case's fields.

History is checked column by column, not row by row: a wrong column is an error that names it, and a wrong row is one
that names the column and the first row. Nothing is dropped in silence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from headrace.errors import UseCaseError
from headrace.usecase import Field, UseCase

READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".parquet": pd.read_parquet,
    ".csv": pd.read_csv,
    ".gz": pd.read_csv,
    ".jsonl": lambda path: pd.read_json(path, lines=True, dtype=False),
}

LATEST = 7_258_118_400
"""2200-01-01, beyond which a number is no time in seconds: rather milliseconds."""


def parse_map(text: str) -> dict[str, str]:
    """Parse ``field=COLUMN,field=COLUMN`` into a mapping from the use case's name to the file's.

    Raises:
        UseCaseError: if a part is not of that form, or a name is there twice.
    """
    pairs: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        if not (name and equals and column):
            raise UseCaseError(
                "--map", f"{part!r} is not field=COLUMN", "for example event_id=TRANSACTION_ID,amount=TX_AMOUNT"
            )
        if name in pairs:
            raise UseCaseError("--map", f"{name!r} is there twice", "map each field once")
        pairs[name] = column
    return pairs


@dataclass(frozen=True)
class EventFile:
    """Events of one use case read from files.

    Attributes:
        frame: the event fields under the use case's names, ordered by (timestamp, event id), and the label column if
            any (0.0, 1.0 or missing). ``timestamp`` is whole epoch seconds.
        id_column: the name that the event id has in the file.
        ids: event id -> the id as the file holds it.
    """

    frame: pd.DataFrame
    id_column: str
    ids: pd.Series


def read(paths: Sequence[Path], usecase: UseCase, columns: Mapping[str, str]) -> EventFile:
    """Read and check event files.

    Args:
        paths: Parquet, CSV (also .gz) or JSONL files of one shape.
        usecase: whose events they are.
        columns: field name -> column name where they differ; ``label`` means the use case's label.

    Raises:
        UseCaseError: if a file, a mapping or a column is wrong; the message names it.
    """
    label = usecase.label.field
    columns = {label if name == "label" else name: column for name, column in columns.items()}
    known = [field.name for field in usecase.event.fields]
    for name in columns:
        if name not in (*known, label):
            raise UseCaseError(
                "--map", f"{usecase.name} has no field {name!r}", f"use one of {', '.join(known)}, label"
            )
    raw = pd.concat([_read_one(path) for path in paths], ignore_index=True)
    if raw.empty:
        raise UseCaseError(str(paths[0]), "holds no rows", "give a file with events")
    for name, column in columns.items():
        if column not in raw:
            raise UseCaseError(
                name, f"the file has no column {column!r}", f"there are {', '.join(map(str, raw.columns))}"
            )
    frame = pd.DataFrame(
        {
            field.name: _column(raw, columns.get(field.name, field.name), field)
            for field in usecase.event.fields
            if field.required or columns.get(field.name, field.name) in raw
        }
    )
    label_column = columns.get(label, label)
    if label_column in raw:
        frame[label] = _label(raw[label_column], label_column)
    id_column = columns.get(usecase.event.id, usecase.event.id)
    ids = pd.Series(raw[id_column].to_numpy(), index=frame[usecase.event.id].to_numpy(), name=id_column)
    _require_unique(ids.index, id_column)
    frame = frame.sort_values([usecase.event.timestamp, usecase.event.id], ignore_index=True)
    return EventFile(frame=frame, id_column=id_column, ids=ids)


def _read_one(path: Path) -> pd.DataFrame:
    reader = READERS.get(path.suffix.lower())
    if path.is_dir():
        raise UseCaseError(str(path), "is a folder", "name the files in it")
    if reader is None:
        raise UseCaseError(
            str(path), f"cannot read {path.suffix or 'a file without suffix'}", f"use {', '.join(READERS)}"
        )
    if not path.is_file():
        raise UseCaseError(str(path), "there is no such file", "check the path")
    try:
        return reader(path)
    except (ValueError, OSError) as exc:
        raise UseCaseError(str(path), f"cannot be read ({exc})", "check that its content fits its suffix") from exc


def _column(raw: pd.DataFrame, column: str, field: Field) -> pd.Series:
    if column not in raw:
        raise UseCaseError(
            field.name,
            f"the file has no column {column!r}",
            f"name it with --map {field.name}=COLUMN; there are {', '.join(map(str, raw.columns))}",
        )
    values = raw[column]
    _refuse(values.isna() if field.required else None, column, "is missing")
    if field.type == "timestamp":
        return _epoch_seconds(values, column)
    if field.type == "string":
        _refuse(values.map(pd.api.types.is_scalar).eq(False), column, "is not a single value")
        return values.astype(str)
    return _numbers(values, column, field)


def _epoch_seconds(values: pd.Series, column: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        _refuse(~values.between(0, LATEST), column, "is no time from 1970 to 2200 in epoch seconds")
        return values.astype(np.int64)
    moments = pd.to_datetime(values, utc=True, errors="coerce", format="ISO8601" if values.dtype == object else None)
    _refuse(moments.isna(), column, "is not a time")
    return moments.dt.as_unit("s").astype(np.int64)


def _numbers(values: pd.Series, column: str, field: Field) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    _refuse(numbers.isna() & values.notna(), column, "is not a number")
    if field.minimum is not None:
        _refuse(numbers < field.minimum, column, f"is below {field.minimum:g}")
    if field.maximum is not None:
        _refuse(numbers > field.maximum, column, f"is above {field.maximum:g}")
    if field.type == "boolean":
        _refuse(~numbers.isin([0, 1]) & numbers.notna(), column, "is not true or false")
        return numbers.astype(bool)
    return numbers.astype(np.int64) if field.type == "integer" and not numbers.isna().any() else numbers


def _label(values: pd.Series, column: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    _refuse(~numbers.isin([0, 1]) & values.notna(), column, "is neither 0 nor 1")
    return numbers


def _refuse(wrong: pd.Series | None, column: str, problem: str) -> None:
    if wrong is not None and bool(wrong.any()):
        rows = np.flatnonzero(wrong.to_numpy())
        raise UseCaseError(column, f"{problem} in {len(rows)} rows, first in row {rows[0]}", "mend or filter the file")


def _require_unique(ids: pd.Index, column: str) -> None:
    twice = ids.duplicated()
    if twice.any():
        raise UseCaseError(column, f"{ids[twice][0]!r} is there more than once", "an event id names one event")
