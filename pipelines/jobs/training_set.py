"""The training set on disk: a folder of Parquet files with id, time, entity keys, features and label."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import HeadraceError
from headrace.usecase import UseCase

EVENT_ID = "event_id"
TIMESTAMP = "timestamp"
LABEL = "label"
_ROW_GROUP = 131_072


class TrainingSetError(HeadraceError):
    """The training set cannot be used. The message names what is wrong and the fix."""


def columns(usecase: UseCase) -> tuple[str, ...]:
    """The columns of a use case's training set, in order."""
    keys = (entity.key for entity in usecase.entities)
    return (EVENT_ID, TIMESTAMP, *keys, *usecase.feature_names, LABEL)


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


def read(folder: Path, names: Sequence[str]) -> pa.Table:
    """Read only the named columns of every file, features and label narrowed as they come.

    Returns:
        A table with exactly ``names`` in that order.

    Raises:
        TrainingSetError: if a column is missing in a file; names the columns and the file.
    """
    return pa.concat_tables(_read_file(path, names) for path in files(folder)).combine_chunks()


def write(table: pa.Table, folder: Path) -> Path:
    """Write a table as one Parquet file below ``folder`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "part-00000.parquet"
    pq.write_table(table, path, compression="zstd", row_group_size=_ROW_GROUP)
    return path


def matrix(table: pa.Table, features: Sequence[str]) -> np.ndarray:
    """The feature matrix, shape (rows, features), float32 in feature order, NaN where missing.

    Filled column by column, so that no second copy of the whole set exists beside it.
    """
    out = np.empty((table.num_rows, len(features)), dtype=np.float32)
    for position, name in enumerate(features):
        out[:, position] = table.column(name).cast(pa.float32(), safe=False).to_numpy()
    return out


def labels(table: pa.Table) -> np.ndarray:
    """The labels, shape (rows,), int8."""
    values: np.ndarray = table.column(LABEL).to_numpy().astype(np.int8)
    return values


def sha256(path: Path) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_file(path: Path, names: Sequence[str]) -> pa.Table:
    with pq.ParquetFile(path) as source:
        missing = sorted(set(names) - set(source.schema_arrow.names))
        if missing:
            raise TrainingSetError(
                f"{path.name} lacks the columns {', '.join(missing)}: build the training set for this use case"
            )
        table = source.read(columns=list(names)).select(list(names))
    return table.cast(pa.schema([(name, _type(table.schema.field(name))) for name in names]))


def _type(field: pa.Field) -> pa.DataType:
    """One type per column over all files, whichever engine wrote them."""
    if field.name == TIMESTAMP:
        return pa.int64()
    if field.name == LABEL:
        return pa.int8()
    if pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_dictionary(field.type):
        return pa.string()
    if pa.types.is_floating(field.type) or pa.types.is_integer(field.type) or pa.types.is_boolean(field.type):
        return pa.float64()
    raise TrainingSetError(f"column {field.name} is {field.type}: features are numbers and keys are strings")
