"""Captured rows with their features, a bounded number of them, chosen by their ids and not by their order."""

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
    kept: list[tuple[int, int, str, list[float], float]] = []
    order = count()
    for path in files(place):
        if ".jsonl" not in path.name.lower():
            continue
        for line in stream(path):
            for row in captured_rows(line):
                score = number(row.columns.get("score", row.columns.get("_c0")))
                if score is None or (version and row.version and row.version != version):
                    continue
                values = [number(row.columns.get(name)) for name in features]
                place_of = next(order)
                # The smallest hashes stay: negated, for the heap gives up its smallest.
                hashed = -crc32(f"{row.inference_id}/{place_of if not row.single else 0}".encode())
                item = (hashed, place_of, row.inference_id if row.single else "", _floats(values), score)
                (heapq.heappush if len(kept) < most else heapq.heappushpop)(kept, item)
    if not kept:
        return None
    kept.sort(key=lambda it: it[1])
    return Sampled(
        ids=[it[2] for it in kept],
        matrix=np.array([it[3] for it in kept], dtype=np.float32),
        scores=np.array([it[4] for it in kept]),
    )


def captured_rows(line: bytes) -> list[capture.Captured]:
    """The rows of a line of data capture; none if it is no such line."""
    try:
        document = json.loads(line)
        return list(capture.rows(document)) if capture.is_capture(document) else []
    except (ValueError, AttributeError, RecursionError, RejectedError):
        return []


def _floats(values: list[float | None]) -> list[float]:
    return [float("nan") if it is None else it for it in values]
