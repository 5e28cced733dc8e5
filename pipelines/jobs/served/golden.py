"""Golden requests: a few rows with the scores that the model gave them when it was made.

They travel in the artifact. Whoever loads it, the evaluation and every container that serves it, asks the model for
them first: one that answers otherwise (another library, a damaged file, a processor that computes differently) does not
load, so its container fails the health check and the rollout ends before it gets any traffic.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

FILE = "golden.json"
ROWS = 16
AMONG = 1_000
"""Evenly spread rows to choose from: scoring all of a large split takes seconds and chooses no better."""
TOLERANCE = 1e-5
"""Between processors the last bits of a 32-bit score differ, and undoing a resampling multiplies that."""
Scores = Callable[[np.ndarray], np.ndarray]
"""Scores, shape (n,), for rows of shape (n, features) where NaN is missing."""


def choose(rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Positions of at most ``ROWS`` rows whose scores are spread from the lowest to the highest."""
    order = np.argsort(scores, kind="stable")
    return np.unique(order[np.linspace(0, len(order) - 1, min(ROWS, len(rows))).round().astype(int)])


def record(folder: Path, rows: np.ndarray, scores: Scores) -> None:
    """Write golden requests, chosen among rows of shape (n, features), into the folder of an artifact."""
    rows = rows[:: max(1, -(-len(rows) // AMONG))]
    chosen = rows[choose(rows, scores(rows))]
    values = [[None if np.isnan(value) else float(value) for value in row] for row in chosen]
    document = {"rows": values, "scores": [float(score) for score in scores(chosen)]}
    (folder / FILE).write_text(json.dumps(document))


def require(folder: Path, scores: Scores) -> None:
    """Ask the model for its golden requests; an artifact of earlier days has none.

    Raises:
        ValueError: if it answers one otherwise than when it was made; names the row and both scores.
    """
    path = folder / FILE
    if not path.is_file():
        return
    document = json.loads(path.read_text())
    found = scores(np.array(document["rows"], dtype=np.float32))
    for position, (expected, score) in enumerate(zip(document["scores"], found.tolist(), strict=True)):
        if not abs(expected - score) <= TOLERANCE:
            raise ValueError(
                f"golden request {position} is answered with {score}, not {expected}: this is not the model that was "
                "evaluated, or it does not compute here as it did there"
            )
