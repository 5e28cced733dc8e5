"""Tables in files, batch by batch: Parquet, CSV, JSON lines and data capture, one file or a folder of them.

No more than a batch is in memory at a time, whatever the size of a file. Of captured answers one for each event and
model version counts, the first that is read.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headrace.drift import capture
from headrace.errors import RejectedError
from pipelines.monitoring.batch import Batch
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.repeats import Repeats, name_of

_BLOCK_BYTES = 4 << 20
_CAPTURED = capture.CAPTURED.encode()
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
_SHOWN = 200
Row = tuple[Mapping[str, object], str, str]
"""Columns, the name of the event and of the model that answered, and when; empty where nobody can tell."""


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
    repeats = Repeats()
    for path in files(place):
        lines = path.name.lower().endswith((".jsonl", ".jsonl.gz"))
        try:
            yield from _lines(path, repeats) if lines else _arrow().table(path)
        except UnicodeDecodeError as exc:
            raise TableError(
                f"{path}: is no text in UTF-8 ({exc.reason} at byte {exc.start}); save it as UTF-8"
            ) from exc
        except (OSError, EOFError) as exc:
            why = " ".join(str(exc).split())[:_SHOWN]
            raise TableError(f"{path}: cannot be read ({why}); check that its content fits its suffix") from exc


def _arrow() -> Any:
    from pipelines.monitoring import arrow_tables  # noqa: PLC0415  # a Lambda that reads data capture does not have it

    return arrow_tables


def _lines(path: Path, repeats: Repeats) -> Iterator[Batch]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rb") as stream:
        while lines := stream.readlines(_BLOCK_BYTES):
            captured = any(_CAPTURED in line for line in lines)
            # Lines that agree on their types are read at once, others one by one.
            batch = None if captured else _arrow().uniform(lines)
            yield from [batch] if batch is not None else _one_by_one(lines, repeats)


def _one_by_one(lines: list[bytes], repeats: Repeats) -> Iterator[Batch]:
    rows: list[Row] = []
    answers: set[str] = set()
    unreadable = 0
    for line in filter(bytes.strip, lines):
        try:
            rows += _read(line, answers)
        except (ValueError, RecursionError, RejectedError):
            unreadable += 1
    if not rows and not unreadable:
        return
    fresh = repeats.fresh([name for _, name, _ in rows])
    kept = [rows[place] for place in np.flatnonzero(fresh)]
    columns = [it for it, _, _ in kept]
    names = dict.fromkeys(name for row in columns for name in row)
    yield Batch(
        rows=len(columns),
        arrays={name: [row.get(name) for row in columns] for name in names},
        unreadable=unreadable,
        repeated=len(rows) - len(columns),
        answers=frozenset(answers),
        answered_at=[at for _, _, at in kept],
    )


def _read(line: bytes, answers: set[str]) -> list[Row]:
    document = json.loads(line)
    if not isinstance(document, dict):
        raise RejectedError("is no object")
    if capture.is_capture(document):
        captured = list(capture.rows(document))
        answers.update(*(it.answers for it in captured))
        return [
            (it.columns, name_of(it.inference_id, it.version) if it.single and it.inference_id else "", it.time)
            for it in captured
        ]
    return [(capture.flat(document), "", "")]
