"""What an object of the lake holds of a person, and the same object without it: Parquet by rows, text by lines."""

import base64
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cli.erase.captured import without
from cli.erase.subject import Subject

PARQUET, PACKED = ".parquet", ".gz"


@dataclass(frozen=True)
class Split:
    """The person's part of an object, and the rest of it as bytes; ``rest`` None: nothing is left."""

    found: list[Any] = field(default_factory=list)
    rest: bytes | None = None


def split(key: str, body: bytes, subject: Subject, *, event_id: str) -> Split:
    """Part an object.

    Args:
        key: its key: the folder says what it holds, the ending how.
        body: its bytes.
        subject: the person.
        event_id: the name of the event's id.

    Returns:
        What was found; an object without anything of the person has nothing found.
    """
    if key.endswith(PARQUET):
        return _rows(body, subject, event_id)
    if key.endswith(PACKED):
        parted = _lines(key, gzip.decompress(body), subject)
        return Split(parted.found, None if parted.rest is None else gzip.compress(parted.rest, mtime=0))
    return _lines(key, body, subject)


def _rows(body: bytes, subject: Subject, event_id: str) -> Split:
    source = pq.ParquetFile(io.BytesIO(body))
    table = source.read()
    known = subject.field in table.column_names  # else only the events' ids tell
    name, wanted = (subject.field, subject.values) if known else (event_id, subject.events)
    if name not in table.column_names or not wanted:
        return Split()
    texts = table.column(name).cast(pa.string())
    hits = pc.fill_null(pc.is_in(texts, value_set=pa.array(sorted(wanted), pa.string())), False)
    found = table.filter(hits).to_pylist()
    rest = table.filter(pc.invert(hits))
    if not found or not rest.num_rows:
        return Split(found)
    buffer = io.BytesIO()
    pq.write_table(rest, buffer, compression=source.metadata.row_group(0).column(0).compression)
    return Split(found, buffer.getvalue())


def _lines(key: str, body: bytes, subject: Subject) -> Split:
    found: list[Any] = []
    kept: list[bytes] = []
    rule = _rule(key)
    for line in body.splitlines(keepends=True):
        hit, rest = rule(line, subject)
        if hit is not None:
            found.append(hit)
        if rest:
            kept.append(rest)
    return Split(found, b"".join(kept) if any(it.strip() for it in kept) else None)


Rule = Callable[[bytes, Subject], tuple[Any, bytes]]
"""From a line to what it holds of the person, None if nothing, and what is left of it."""


def _rule(key: str) -> Rule:
    folder = key.partition("/")[0]
    return {
        "labels": _label,
        "lookups": _label,
        "ground-truth": _truth,
        "capture": without,
        "asynchronous": without,
    }.get(folder, _any)


def _label(line: bytes, subject: Subject) -> tuple[Any, bytes]:
    row = _object(line)
    return (row, b"") if row is not None and subject.is_of(row) else (None, line)


def _truth(line: bytes, subject: Subject) -> tuple[Any, bytes]:
    row = _object(line)
    about = row.get("eventMetadata") if row is not None else None
    hit = isinstance(about, dict) and about.get("eventId") in subject.inferences
    return (row, b"") if hit else (None, line)


def _any(line: bytes, subject: Subject) -> tuple[Any, bytes]:
    """Lines of whatever came from outside: what they say, and what is packed in them."""
    if any(subject.in_text(text) for text in (line.decode(errors="replace"), *_packed(line))):
        return line.decode(errors="replace").rstrip("\n"), b""
    return None, line


def _packed(line: bytes) -> Iterator[str]:
    """The record that quarantine and Firehose's errors keep as base64."""
    row = _object(line)
    for name in ("data", "rawData"):
        if row is not None and isinstance(text := row.get(name), str):
            try:
                yield base64.b64decode(text, validate=True).decode(errors="replace")
            except ValueError:
                continue


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
