"""Tables in files, for reading and writing: Parquet, CSV and JSON lines, told apart by the file's suffix.

Only the columns that are asked for are read. JSON lines may be nested: a part is named by its path. Columns of text
are read as text, so that an id such as ``007`` stays what it is. A file is written beside its place and moved there
when it is whole.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import UseCaseError

ROW_GROUP = 131_072
_NOTHING = ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "-nan", "-NaN", "NULL", "null", "None")
"""What stands for no number in a file. A text is missing only if its cell is empty: ``NA`` is a country."""
WRITABLE = (".parquet", ".csv")


@dataclass(frozen=True)
class _Format:
    """How one kind of file names its columns, and how some of them are read; the set names columns of text."""

    columns: Callable[[Path], Sequence[str]]
    read: Callable[[Path, list[str], AbstractSet[str]], pd.DataFrame]


def _read_csv(path: Path, names: list[str], texts: AbstractSet[str]) -> pd.DataFrame:
    missing = {name: [""] if name in texts else [*_NOTHING] for name in names}
    return pd.read_csv(path, usecols=names, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=missing)


def _read_lines(path: Path) -> pd.DataFrame:
    """JSON lines; objects within a line become columns such as ``card.country``."""
    frame = pd.read_json(path, lines=True, dtype=False, convert_dates=False)
    given = {name: frame[name].dropna() for name in frame}
    nested = [name for name, own in given.items() if len(own) and own.map(lambda it: isinstance(it, dict)).all()]
    for name in nested:
        objects = [it if isinstance(it, dict) else {} for it in frame[name]]
        parts = pd.json_normalize(objects).set_index(frame.index).add_prefix(f"{name}.")
        frame = pd.concat([frame.drop(columns=name), parts], axis=1)
    if not frame.columns.is_unique:
        raise ValueError(f"{frame.columns[frame.columns.duplicated()][0]} is there both nested and plain")
    return frame


_CSV = _Format(lambda path: list(map(str, pd.read_csv(path, nrows=0))), _read_csv)
_FORMATS = {
    ".parquet": _Format(
        lambda path: cast(list[str], pq.read_schema(path).names),
        lambda path, names, _: pd.read_parquet(path, columns=names),
    ),
    ".csv": _CSV,
    ".gz": _CSV,
    ".jsonl": _Format(lambda path: list(map(str, _read_lines(path))), lambda path, names, _: _read_lines(path)[names]),
}


def columns(path: Path) -> list[str]:
    """The names of a file's columns.

    Raises:
        UseCaseError: if the file is absent or cannot be read.
    """
    with _reading(path) as form:
        return list(form.columns(path))


def read(path: Path, names: Sequence[str], *, texts: AbstractSet[str] = frozenset()) -> pd.DataFrame:
    """Read columns of a file; those that it does not have are left out.

    Args:
        path: the file.
        names: the columns.
        texts: which of them are text, for formats that do not say.

    Raises:
        UseCaseError: if the file is absent or cannot be read.
    """
    known = set(columns(path))
    with _reading(path) as form:
        return form.read(path, [name for name in dict.fromkeys(names) if name in known], texts & known)


@contextmanager
def _reading(path: Path) -> Iterator[_Format]:
    if path.is_dir():
        raise UseCaseError(str(path), "is a folder", "name the files in it")
    form = _FORMATS.get(path.suffix.lower())
    if form is None:
        raise UseCaseError(
            str(path), f"cannot read {path.suffix or 'a file without suffix'}", f"use {', '.join(_FORMATS)}"
        )
    if not path.is_file():
        raise UseCaseError(str(path), "there is no such file", "check the path")
    try:
        yield form
    except (ValueError, OSError) as exc:
        raise UseCaseError(str(path), f"cannot be read ({exc})", "check that its content fits its suffix") from exc


def require_writable(path: Path) -> None:
    """Refuse a path that ``write`` cannot write, and make its folder.

    Raises:
        UseCaseError: if the suffix is none of ours, or the folder cannot be made.
    """
    if path.suffix.lower() not in WRITABLE:
        raise UseCaseError(
            "--out", f"cannot write {path.suffix or 'a file without suffix'}", f"use {' or '.join(WRITABLE)}"
        )
    if path.is_dir():
        raise UseCaseError("--out", f"{path} is a folder", "name a file in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UseCaseError(
            "--out", f"{path.parent} cannot be made ({exc.strerror})", "name a folder that can be written"
        ) from exc


def write(frame: pd.DataFrame, path: Path, report: Callable[[int, int], None]) -> None:
    """Write a frame as Parquet or CSV, whole or not at all.

    Args:
        frame: the rows; the index is left out.
        path: where ``require_writable`` has agreed.
        report: called with the number of rows written and of all rows.
    """
    append = _to_parquet if path.suffix.lower() == ".parquet" else _to_csv
    with replaced(path) as beside:
        for written in append(frame, beside):
            report(written, len(frame))


def _to_parquet(frame: pd.DataFrame, path: Path) -> Iterator[int]:
    """Row group by row group, so that no second copy of the frame is made."""
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, max(1, len(frame)), ROW_GROUP):
            part = frame.iloc[start : start + ROW_GROUP]
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))
            yield start + len(part)


def _to_csv(frame: pd.DataFrame, path: Path) -> Iterator[int]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        for start in range(0, max(1, len(frame)), ROW_GROUP):
            part = frame.iloc[start : start + ROW_GROUP]
            part.to_csv(stream, index=False, header=start == 0)
            yield start + len(part)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to: it takes the place of ``path`` if all goes well, else it disappears."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
