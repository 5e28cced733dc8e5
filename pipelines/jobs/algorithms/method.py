"""What every algorithm is made of here: how it learns, what scores, and how the scorer becomes files and comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:  # the endpoint has no learner
    from pipelines.jobs.learning import Learner


class Scorer(Protocol):
    """Anything that scores rows and may say why."""

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Scores, shape (n,), for prepared columns of shape (n, columns)."""
        ...

    def contributions(self, matrix: np.ndarray) -> np.ndarray | None:
        """What each column adds to the log odds, shape (n, columns + 1), the last being the base; None if unknown."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Features of shape (n, features), float32, NaN where missing, and labels of shape (n,)."""

    features: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A scorer, and for algorithms in rounds the validation's average precision after each and the best one."""

    scorer: Scorer
    best: int = 0
    history: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Method:
    """One algorithm: from rows to a scorer, to files, and back.

    Attributes:
        kind: the class of its scorers.
        learn: fits training rows; validation rows, the second, decide when to stop where it works in rounds.
        again: fits once more on every row, for as long as what was learned says.
        save: writes a scorer's files into the folder of an artifact.
        load: reads them. Both work in the endpoint's container: numpy and xgboost, and no pickle.
    """

    kind: type[Scorer]
    learn: Callable[[Learner, Rows, Rows], Learned]
    again: Callable[[Learner, Learned, Rows], Scorer]
    save: Callable[[Any, Path], None]
    load: Callable[[Path], Scorer]
