"""The training set on disk: Parquet files with id, time, entity keys, fields of facets, features and label."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headrace import training_columns
from headrace.errors import HeadraceError
from headrace.usecase import UseCase

EVENT_ID, TIMESTAMP, LABEL = training_columns.EVENT_ID, training_columns.TIMESTAMP, training_columns.LABEL
_ARROW = {"text": pa.string(), "seconds": pa.int64(), "number": pa.float64(), "truth": pa.int8()}
_ROW_GROUP = 131_072


class TrainingSetError(HeadraceError):
    """The training set cannot be used. The message names what is wrong and the fix."""


def schema(usecase: UseCase) -> pa.Schema:
    """The columns of a use case's training set, in order, with the type that every engine's files are brought to."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in training_columns.training_columns(usecase).items()])


def files(folder: Path) -> list[Path]:
    """The Parquet files below a folder, sorted by path; hidden and underscore files are bookkeeping and left out.

    Raises:
        TrainingSetError: if there is none.
    """
    found = sorted(
        path
        for path in folder.rglob("*.parquet")
        if not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )
    if not found:
        raise TrainingSetError(f"no *.parquet files below {folder}: give the prefix of a training set as InputData")
    return found


def read(folder: Path, usecase: UseCase, names: Sequence[str] = ()) -> pa.Table:
    """Read columns of every file below a folder.

    Args:
        folder: of the Parquet files.
        usecase: whose training set it is.
        names: the columns to read, in order; all of them by default.

    Raises:
        TrainingSetError: if a column is missing in a file or has a type that cannot be used; names both.
    """
    whole = schema(usecase)
    wanted = pa.schema([whole.field(name) for name in names]) if names else whole
    return pa.concat_tables(_read_file(path, wanted) for path in files(folder)).combine_chunks()


def write(table: pa.Table, folder: Path, shares: int = 1) -> None:
    """Write a table as Parquet below ``folder``, one file for each share; the rows are dealt out one by one."""
    folder.mkdir(parents=True, exist_ok=True)
    for share in range(shares):
        rows = table.take(np.arange(share, table.num_rows, shares)) if shares > 1 else table
        path = folder / f"part-{share:05}.parquet"
        pq.write_table(rows, path, compression="zstd", row_group_size=_ROW_GROUP)


def matrix(table: pa.Table, features: Sequence[str]) -> np.ndarray:
    """The feature matrix, shape (rows, features), float32 in feature order, NaN where missing.

    Filled column by column, so that no second copy of the whole set exists beside it.
    """
    out = np.empty((table.num_rows, len(features)), dtype=np.float32)
    _fill(out, table, features)
    return out


def _fill(out: np.ndarray, table: pa.Table, features: Sequence[str]) -> None:
    for position, name in enumerate(features):
        out[:, position] = table.column(name).cast(pa.float32(), safe=False).to_numpy()


def read_rows(folder: Path, usecase: UseCase) -> tuple[np.ndarray, np.ndarray]:
    """The feature matrix and the labels of every file below a folder; see ``matrix`` and ``labels``.

    Row group by row group, so that besides the matrix only one of them exists, in twice its precision.

    Raises:
        TrainingSetError: as ``read``.
    """
    whole, paths = schema(usecase), files(folder)
    wanted = pa.schema([whole.field(name) for name in (*usecase.feature_names, LABEL)])
    total = sum(pq.read_metadata(path).num_rows for path in paths)
    features = np.empty((total, len(usecase.feature_names)), dtype=np.float32)
    truth, first = np.empty(total, dtype=np.int8), 0
    for path in paths:
        with pq.ParquetFile(path) as source:
            _require_columns(source, wanted, path)
            for group in range(source.num_row_groups):
                table = _typed(source.read_row_group(group, columns=wanted.names), wanted, path)
                rows = slice(first, first + table.num_rows)
                _fill(features[rows], table, usecase.feature_names)
                truth[rows] = labels(table)
                first += table.num_rows
    pa.default_memory_pool().release_unused()
    return features, truth


def labels(table: pa.Table) -> np.ndarray:
    """The labels, shape (rows,), int8."""
    values: np.ndarray = table.column(LABEL).to_numpy().astype(np.int8)
    return values


def sha256(path: Path) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_file(path: Path, wanted: pa.Schema) -> pa.Table:
    with pq.ParquetFile(path) as source:
        _require_columns(source, wanted, path)
        table = source.read(columns=wanted.names)
    return _typed(table, wanted, path)


def _require_columns(source: pq.ParquetFile, wanted: pa.Schema, path: Path) -> None:
    if missing := sorted(set(wanted.names) - set(source.schema_arrow.names)):
        raise TrainingSetError(
            f"{path.name} lacks the columns {', '.join(missing)}: build the training set for this use case"
        )


def _typed(table: pa.Table, wanted: pa.Schema, path: Path) -> pa.Table:
    return pa.table([_cast(table.column(column.name), column, path) for column in wanted], schema=wanted)


def _cast(values: pa.ChunkedArray, column: pa.Field, path: Path) -> pa.ChunkedArray:
    """Bring a column to its type: texts from texts, numbers from numbers, which a cast alone would mix up."""
    found = values.type
    inner = found.value_type if pa.types.is_dictionary(found) else found
    text = pa.types.is_string(inner) or pa.types.is_large_string(inner)
    number = pa.types.is_integer(inner) or pa.types.is_floating(inner) or pa.types.is_boolean(inner)
    # A column without any value has no type of its own.
    if not (text if pa.types.is_string(column.type) else number) and not pa.types.is_null(inner):
        raise TrainingSetError(f"column {column.name} of {path.name} is {found}: it should be {column.type}")
    try:
        return values.cast(column.type)
    except pa.ArrowInvalid as error:
        raise TrainingSetError(f"column {column.name} of {path.name} is not all {column.type}: {error}") from error
