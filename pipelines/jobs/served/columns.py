"""Features as an algorithm wants them: the fitted transforms, applied in order to a matrix.

``pipelines.jobs.preparing`` learns the steps from training rows; they are plain JSON, so that any language can follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Step = Mapping[str, Any]
"""One fitted step: ``function`` and what it learned. Positions are those of the matrix that the step is given."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The prepared columns: their names, the position of the feature that each comes from, and the steps to them."""

    names: tuple[str, ...]
    sources: tuple[int, ...]
    steps: tuple[Step, ...] = ()

    @classmethod
    def plain(cls, features: Sequence[str]) -> "Columns":
        """The features as they are."""
        return cls(names=tuple(features), sources=tuple(range(len(features))))

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Columns":
        """From the JSON of ``document``."""
        return cls(names=tuple(document["names"]), sources=tuple(document["sources"]), steps=tuple(document["steps"]))

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"names": list(self.names), "sources": list(self.sources), "steps": [dict(it) for it in self.steps]}

    def apply(self, matrix: np.ndarray) -> np.ndarray:
        """Prepared columns, shape (n, columns), for features of shape (n, features) where NaN is missing."""
        for step in self.steps:
            matrix = apply_step(step, matrix)
        return matrix

    def by_feature(self, values: np.ndarray, features: int) -> np.ndarray:
        """Sum values of columns, shape (n, columns), over the columns of each feature: shape (n, features)."""
        if not self.steps:
            return values
        summed = np.zeros((len(values), features), dtype=values.dtype)
        for column, feature in enumerate(self.sources):
            summed[:, feature] += values[:, column]
        return summed


def apply_step(step: Step, matrix: np.ndarray) -> np.ndarray:
    """A new matrix with one step applied; see ``headrace.usecase.Transform`` for what each function means.

    Raises:
        KeyError: if the function is unknown, because the artifact is newer than this code.
    """
    return _FUNCTIONS[step["function"]](step, matrix)


def _impute(step: Step, matrix: np.ndarray) -> np.ndarray:
    flags = np.isnan(matrix[:, step["flags"]]).astype(matrix.dtype)
    filled = matrix.copy()
    for column, value in zip(step["columns"], step["values"], strict=True):
        filled[np.isnan(matrix[:, column]), column] = value
    return np.concatenate([filled, flags], axis=1)


def _one_hot(step: Step, matrix: np.ndarray) -> np.ndarray:
    codes = matrix[:, step["column"]]
    hot = codes[:, None] == np.array(step["codes"], dtype=matrix.dtype)
    other = ~np.isnan(codes) & ~hot.any(axis=1)
    kept = np.delete(matrix, step["column"], axis=1)
    return np.concatenate([kept, hot.astype(matrix.dtype), other[:, None].astype(matrix.dtype)], axis=1)


def _move(step: Step, matrix: np.ndarray) -> np.ndarray:
    moved = matrix.copy()
    shift, scale = (np.array(step[name], dtype=np.float64) for name in ("shift", "scale"))
    moved[:, step["columns"]] = (matrix[:, step["columns"]] - shift) / scale
    return moved


def _log1p(step: Step, matrix: np.ndarray) -> np.ndarray:
    logged = matrix.copy()
    values = matrix[:, step["columns"]]
    logged[:, step["columns"]] = np.sign(values) * np.log1p(np.abs(values))
    return logged


def _clip(step: Step, matrix: np.ndarray) -> np.ndarray:
    clipped = matrix.copy()
    clipped[:, step["columns"]] = np.clip(matrix[:, step["columns"]], step["low"], step["high"])
    return clipped


_FUNCTIONS = {"impute": _impute, "one_hot": _one_hot, "move": _move, "log1p": _log1p, "clip": _clip}
