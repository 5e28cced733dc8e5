"""Captured rows with their features, a bounded number of them, chosen by their ids and not by their order.

An event that one model answered more than once is one row.
"""

import heapq
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from zlib import crc32

import numpy as np

from headrace.drift import capture
from headrace.errors import RejectedError
from pipelines.monitoring.answers import number, stream
from pipelines.monitoring.tables import files

MOST = 20_000


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Rows that were asked: ids (empty where a call held several), features (n, features), scores (n,)."""

    ids: list[str]
    matrix: np.ndarray
    scores: np.ndarray


def sampled(place: Path, features: tuple[str, ...], *, most: int = MOST, version: str = "") -> Sampled | None:
    """At most so many captured rows that have a score; None if there are none.

    Args:
        place: file or folder of data capture.
        features: the columns of the matrix, NaN where missing.
        most: rows.
        version: of the model whose answers are wanted; empty: all.
    """
    found = _Kept(most)
    order = count()
    for path in files(place):
        if ".jsonl" not in path.name.lower():
            continue
        for line in stream(path):
            for row in captured_rows(line):
                score = number(row.columns.get("score", row.columns.get("_c0")))
                if score is None or (version and row.version and row.version != version):
                    continue
                values = _floats([number(row.columns.get(name)) for name in features])
                at = next(order)
                name = row.inference_id if row.single else ""
                found.add(_Row(name=name, by=row.version, time=row.time, place=at, features=values, score=score))
    rows = found.rows
    if not rows:
        return None
    return Sampled(
        ids=[it.name for it in rows],
        matrix=np.array([it.features for it in rows], dtype=np.float32),
        scores=np.array([it.score for it in rows]),
    )


@dataclass(frozen=True, kw_only=True)
class _Row:
    name: str
    by: str
    time: str
    place: int
    features: list[float]
    score: float

    @property
    def key(self) -> tuple[str, str, int]:
        """Answers with the same are about one event, by one model; of a call of many rows each is its own."""
        return self.name, self.by, 0 if self.name else self.place


class _Kept:
    """The rows of the smallest hashes, and of one event the earliest answer."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[int, tuple[str, str, int]]] = []
        self._rows: dict[tuple[str, str, int], _Row] = {}

    def add(self, row: _Row) -> None:
        known = self._rows.get(row.key)
        if known is not None:
            self._rows[row.key] = min(known, row, key=lambda it: (it.time, it.score, str(it.features)))
            return
        # Negated, for the heap gives up its smallest. Whose hash was too large once is not taken later.
        item = (-crc32("/".join(map(str, row.key)).encode()), row.key)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, item)
        elif item > self._heap[0]:
            del self._rows[heapq.heapreplace(self._heap, item)[1]]
        else:
            return
        self._rows[row.key] = row

    @property
    def rows(self) -> list[_Row]:
        """In the order in which they were read."""
        return sorted(self._rows.values(), key=lambda it: it.place)


def captured_rows(line: bytes) -> list[capture.Captured]:
    """The rows of a line of data capture; none if it is no such line."""
    try:
        document = json.loads(line)
        return list(capture.rows(document)) if capture.is_capture(document) else []
    except (ValueError, AttributeError, RecursionError, RejectedError):
        return []


def _floats(values: list[float | None]) -> list[float]:
    return [float("nan") if it is None else it for it in values]
