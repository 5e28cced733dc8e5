"""Rows that show what a violation is about: which file, which line, whose row, which value."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from headrace.drift import ColumnFinding, capture
from headrace.drift.aligned import Pair, categories
from pipelines.monitoring.answers import number, stream
from pipelines.monitoring.sample import captured_rows
from pipelines.monitoring.spelling import Texts, text_of
from pipelines.monitoring.tables import batches, files
from pipelines.monitoring.watch import Watched

DOCUMENT = "examples.json"
MOST = 5
_LONGEST = 60
_GROUPS = 20
Shows = Callable[[object], bool]
"""Whether a value of a column shows what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One row: the file below the place that was read, its line or row (from 1), its id, and the value."""

    file: str
    line: int
    id: str
    value: str


def examples(
    place: Path, watched: Watched, *, id_column: str | None = None, texts: Texts = MappingProxyType({})
) -> dict[str, list[Example]]:
    """At most five rows of every column that has a violation; of a missing column there are none.

    Args:
        place: the file or folder that was judged.
        watched: what was found there.
        id_column: the column of a table that names its rows; captured rows have ids of their own.
        texts: of columns that hold positions; see ``watch``.
    """
    wanted = {name: shows for name in _names(watched) if (shows := _shows(name, watched)) is not None}
    found: dict[str, list[Example]] = {name: [] for name in wanted}
    for file, line, id_, columns in _rows(place, id_column):
        for name, shows in wanted.items():
            if len(found[name]) == MOST or name not in columns:
                continue
            value = text_of(columns[name], texts.get(name, ()))
            if shows(value):
                found[name].append(Example(file=file, line=line, id=id_, value=_text(value)))
        if all(len(it) == MOST for it in found.values()):
            break
    return {name: it for name, it in found.items() if it}


def document(found: Mapping[str, list[Example]]) -> dict[str, Any]:
    """``examples.json``."""
    return {"version": 1, "columns": {name: [vars(it) for it in rows] for name, rows in found.items()}}


def shown(rows: list[Example]) -> str:
    """A column's rows as HTML."""
    lines = "".join(
        f"<li><b>{escape(it.value)}</b> {escape(it.id)} <code>{escape(it.file)}:{it.line}</code></li>" for it in rows
    )
    return f'<details class="rows"><summary>{len(rows)} rows</summary><ul>{lines}</ul></details>'


def _names(watched: Watched) -> dict[str, None]:
    return dict.fromkeys(it.feature_name for it in watched.findings.violations)


def _shows(name: str, watched: Watched) -> Shows | None:
    checks = {it.check for it in watched.findings.of(name)}
    if "missing_column_check" in checks:
        return None
    if "completeness_check" in checks:
        return lambda value: value is None or value == "" or value != value  # noqa: PLR0124 - NaN
    if "extra_column_check" in checks:
        return lambda value: value is not None
    column = watched.baseline.columns[name]
    if "data_type_check" in checks:
        textual = column.kind == "text"
        return lambda value: value is not None and (number(value) is None) is not textual
    if "categorical_values_check" in checks:
        known = {*categories(column).named}
        return lambda value: value is not None and str(value) not in known
    return _moved(watched.findings.columns[name])


def _moved(found: ColumnFinding) -> Shows | None:
    """Values where there are most more than there were: one group of numbers, or one category."""
    pair = found.pair
    if pair is None:
        return None
    more = pair.q / pair.q.sum() - pair.p / pair.p.sum()
    if not pair.numeric:
        name = pair.names[int(np.argmax(more))] if pair.names else None
        return lambda value: value is not None and str(value) == name
    low, high = _range(pair, more)
    return lambda value: (it := number(value)) is not None and low <= it <= high


def _range(pair: Pair, more: np.ndarray) -> tuple[float, float]:
    """The values of the group of neighbouring bins that gained the largest share."""
    below = np.cumsum(pair.p + pair.q) / (pair.p + pair.q).sum()
    group = np.minimum(below * _GROUPS, _GROUPS - 1).astype(np.int64)
    best = int(np.argmax(np.bincount(group, more, _GROUPS)))
    inside = pair.values[group == best]
    return float(inside.min()), float(inside.max())


def _rows(place: Path, id_column: str | None) -> Iterator[tuple[str, int, str, Mapping[str, object]]]:
    root = place if place.is_dir() else place.parent
    for path in files(place):
        name = path.relative_to(root).as_posix()
        if ".jsonl" in path.name.lower() and capture.CAPTURED.encode() in next(iter(stream(path)), b""):
            for line, text in enumerate(stream(path), start=1):
                for row in captured_rows(text):
                    yield name, line, row.inference_id, row.columns
            continue
        start = 1
        for batch in batches(path):
            arrays = {it: batch.values(it) for it in batch.arrays}
            for offset in range(batch.rows):
                columns = {it: values[offset] for it, values in arrays.items()}
                yield name, start + offset, str(columns.get(id_column, "")) if id_column else "", columns
            start += batch.rows


def _text(value: object) -> str:
    text = "missing" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
