"""Tables in files, batch by batch: Parquet, CSV, JSON lines and data capture, one file or a folder of them.

No more than a batch is in memory at a time, whatever the size of a file.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from headrace.drift import Column, capture
from headrace.drift.arrow import column_of, column_of_strings
from headrace.drift.cells import column_of_cells
from headrace.errors import RejectedError
from pipelines.monitoring.refusal import TableError

ROWS = 131_072
_BLOCK_BYTES = 4 << 20
_CAPTURED = capture.CAPTURED.encode()
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
_NULLS = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
_SEPARATORS = ",;\t|"
_SHOWN = 200
_INDEX = "__index_level_"
"""Row numbers that pandas writes along, which are no column of anybody's table."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some rows: an array per column, or a list where lines of JSON were read.

    Attributes:
        rows: how many.
        arrays: values by column, each of this many rows.
        plain: whether all cells are text that may stand for numbers.
        unreadable: lines before and among these rows that could not be read.
        answers: columns that a captured answer gave.
    """

    rows: int
    arrays: Mapping[str, Any]
    plain: bool = False
    unreadable: int = 0
    answers: frozenset[str] = frozenset()

    def column(self, name: str) -> Column:
        """One column, counted."""
        values = self.arrays[name]
        if isinstance(values, list):
            return _of_list(values)
        return column_of_strings(values) if self.plain else column_of(values)


def files(place: Path) -> list[Path]:
    """The tables at a place: the file itself, or every table below the folder, in order of their paths.

    Raises:
        TableError: if there are none.
    """
    if place.is_file():
        if not place.name.lower().endswith(SUFFIXES):
            raise TableError(f"{place}: cannot read this kind of file; use {', '.join(SUFFIXES)}")
        return [place]
    if not place.is_dir():
        raise TableError(f"{place}: there is no such file or folder; check the path")
    found = sorted(
        it
        for it in place.rglob("*")
        if it.name.lower().endswith(SUFFIXES) and it.is_file() and not it.name.startswith((".", "_"))
    )
    if not found:
        raise TableError(f"{place}: holds no table; put files of {', '.join(SUFFIXES)} there")
    return found


def batches(place: Path) -> Iterator[Batch]:
    """The rows of every table at a place.

    Raises:
        TableError: if a file cannot be read; names it and what is wrong.
    """
    for path in files(place):
        name = path.name.lower()
        try:
            if name.endswith(".parquet"):
                yield from _parquet(path)
            elif name.endswith((".csv", ".csv.gz")):
                yield from _csv(path)
            else:
                yield from _lines(path)
        except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as exc:
            why = " ".join(str(exc).split())[:_SHOWN]
            raise TableError(f"{path}: cannot be read ({why}); check that its content fits its suffix") from exc


def _parquet(path: Path) -> Iterator[Batch]:
    with pq.ParquetFile(path) as file:
        empty = file.schema_arrow.empty_table()
        yield from _flattened(empty)
        for batch in file.iter_batches(batch_size=ROWS):
            yield from _flattened(pa.Table.from_batches([batch]))


def _flattened(table: Any) -> Iterator[Batch]:
    while any(pa.types.is_struct(it.type) for it in table.schema):
        table = table.flatten()
    arrays = {
        name: table.column(place).combine_chunks()
        for place, name in enumerate(table.column_names)
        if not name.startswith(_INDEX)
    }
    yield Batch(rows=table.num_rows, arrays=arrays)


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
    yield Batch(rows=0, arrays={name: pa.array([], pa.string()) for name in names}, plain=True)
    with pc.open_csv(path, read_options=read, parse_options=parse, convert_options=convert) as reader:
        for batch in reader:
            yield Batch(rows=batch.num_rows, arrays=dict(zip(names, batch.columns, strict=True)), plain=True)


def _lines(path: Path) -> Iterator[Batch]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rb") as stream:
        while lines := stream.readlines(_BLOCK_BYTES):
            yield from _uniform(lines)


def _uniform(lines: list[bytes]) -> Iterator[Batch]:
    """Lines that agree on their types are read at once, others one by one."""
    if not any(_CAPTURED in line for line in lines):
        try:
            yield from _flattened(pj.read_json(pa.BufferReader(b"".join(lines))))
            return
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            pass
    rows: list[Mapping[str, object]] = []
    answers: set[str] = set()
    unreadable = 0
    for line in filter(bytes.strip, lines):
        try:
            rows += _read(line, answers)
        except (ValueError, RecursionError, RejectedError):
            unreadable += 1
    if rows or unreadable:
        names = dict.fromkeys(name for row in rows for name in row)
        yield Batch(
            rows=len(rows),
            arrays={name: [row.get(name) for row in rows] for name in names},
            unreadable=unreadable,
            answers=frozenset(answers),
        )


def _read(line: bytes, answers: set[str]) -> list[Mapping[str, object]]:
    document = json.loads(line)
    if not isinstance(document, dict):
        raise RejectedError("is no object")
    if capture.is_capture(document):
        captured = list(capture.rows(document))
        answers.update(*(it.answers for it in captured))
        return [it.columns for it in captured]
    return [capture.flat(document)]


def _of_list(values: list[object]) -> Column:
    if set(map(type, values)) <= {str, type(None)}:
        array = pa.array([it.encode("utf-8", "backslashreplace").decode() if it else it for it in values], pa.string())  # type: ignore[attr-defined] # texts or None
        found = array.drop_null().value_counts()
        counts = dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))
        return column_of_cells(counts, missing=array.null_count, numbers=False)
    return Column.of_objects(values)
