"""Tables that pyarrow reads: Parquet, CSV, and lines of JSON that agree on their types.

Apart from ``tables``, so that who reads nothing but data capture need not have pyarrow, which is larger than all else.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from headrace.drift import Column
from headrace.drift.arrow import column_of, column_of_strings
from pipelines.monitoring.batch import Batch, NoTimesError
from pipelines.monitoring.refusal import TableError

_ROWS = 131_072
_BLOCK_BYTES = 4 << 20
_NULLS = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
_SEPARATORS = ",;\t|"
_INDEX = "__index_level_"
"""Row numbers that pandas writes along, which are no column of anybody's table."""


@dataclass(frozen=True, kw_only=True)
class ArrowBatch(Batch):
    """Rows as Arrow arrays; ``plain``: all cells are text that may stand for numbers."""

    plain: bool = False

    def column(self, name: str) -> Column:
        """See ``Batch``."""
        return (column_of_strings if self.plain else column_of)(self.arrays[name])

    def only(self, inside: np.ndarray) -> "ArrowBatch":
        """See ``Batch``."""
        chosen = pa.array(inside)
        arrays = {name: values.filter(chosen) for name, values in self.arrays.items()}
        return replace(self, rows=int(inside.sum()), arrays=arrays, unreadable=0, repeated=0)

    def times(self, name: str) -> np.ndarray:
        """See ``Batch``."""
        array = self.arrays[name]
        try:
            if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
                array = _parsed(array)
            elif pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
                array = array.cast(pa.timestamp("us"), safe=False)
            else:
                array = array.cast(pa.float64(), safe=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
            raise NoTimesError(str(exc)) from exc
        moments: np.ndarray = array.to_numpy(zero_copy_only=False)
        return moments

    def values(self, name: str) -> list[object]:
        """See ``Batch``."""
        return list(self.arrays[name].to_pylist())


def table(path: Path) -> Iterator[Batch]:
    """The rows of a file of Parquet or CSV; the first batch is empty and names the columns.

    Raises:
        OSError: if it cannot be read.
        TableError: if a CSV is empty, or names a column twice.
    """
    try:
        yield from _parquet(path) if path.name.lower().endswith(".parquet") else _csv(path)
    except pa.ArrowException as exc:
        raise OSError(str(exc)) from exc


def _parquet(path: Path) -> Iterator[Batch]:
    with pq.ParquetFile(path) as file:
        yield _flattened(file.schema_arrow.empty_table())
        for batch in file.iter_batches(batch_size=_ROWS):
            yield _flattened(pa.Table.from_batches([batch]))


def uniform(lines: list[bytes]) -> Batch | None:
    """Lines of JSON that agree on their types, as one batch; None if they do not.

    Raises:
        OSError: if they cannot be read at all.
    """
    try:
        return _flattened(pj.read_json(pa.BufferReader(b"".join(lines))))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    except pa.ArrowException as exc:
        raise OSError(str(exc)) from exc


def _csv(path: Path) -> Iterator[Batch]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as text:
        head = text.readline()
    if not head.strip():
        raise TableError(f"{path}: is empty; give a file whose first line names the columns")
    parse = pc.ParseOptions(delimiter=max(_SEPARATORS, key=head.count), newlines_in_values=True)
    read = pc.ReadOptions(block_size=_BLOCK_BYTES)
    with pc.open_csv(path, read_options=read, parse_options=parse) as probe:
        names = probe.schema.names
    if len(set(names)) < len(names):
        twice = next(it for it in names if names.count(it) > 1)
        raise TableError(f"{path}: has the column {twice!r} more than once; give every column a name of its own")
    convert = pc.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=_NULLS
    )
    yield ArrowBatch(rows=0, arrays={name: pa.array([], pa.string()) for name in names}, plain=True)
    with pc.open_csv(path, read_options=read, parse_options=parse, convert_options=convert) as reader:
        for batch in reader:
            yield ArrowBatch(rows=batch.num_rows, arrays=dict(zip(names, batch.columns, strict=True)), plain=True)


def _flattened(table: Any) -> Batch:
    while any(pa.types.is_struct(it.type) for it in table.schema):
        table = table.flatten()
    arrays = {
        name: table.column(place).combine_chunks()
        for place, name in enumerate(table.column_names)
        if not name.startswith(_INDEX)
    }
    return ArrowBatch(rows=table.num_rows, arrays=arrays)


def _parsed(array: Any) -> Any:
    """Texts as times: epoch seconds, or ISO 8601 with or without an offset."""
    try:
        return array.cast(pa.float64())
    except pa.ArrowInvalid:
        pass
    try:
        return array.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
