"""From prepared columns to scores between 0 and 1, one class per kind of algorithm."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import xgboost as xgb

_EULER = 0.5772156649


class Scorer(Protocol):
    """Anything that scores rows and may say why."""

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Scores, shape (n,), for prepared columns of shape (n, columns)."""
        ...

    def contributions(self, matrix: np.ndarray) -> np.ndarray | None:
        """What each column adds to the log odds, shape (n, columns + 1), the last being the base; None if unknown."""
        ...


@dataclass(frozen=True)
class Trees:
    """Boosted trees."""

    booster: xgb.Booster

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities."""
        scores: np.ndarray = self.booster.inplace_predict(matrix, missing=np.nan, validate_features=False)
        return scores

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Exact SHAP values of the trees (Lundberg et al. 2020, TreeSHAP): each row sums to the row's margin."""
        rows = xgb.DMatrix(matrix, missing=np.nan)
        values: np.ndarray = self.booster.predict(rows, pred_contribs=True, validate_features=False)
        return values


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Logistic regression: coefficients and means of the training rows, shape (columns,), and the intercept."""

    coefficients: np.ndarray
    means: np.ndarray
    intercept: float

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities."""
        margin = matrix @ self.coefficients + self.intercept
        scores: np.ndarray = 1 / (1 + np.exp(-np.clip(margin, -700, 700)))
        return scores

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Coefficient * (value - mean): the SHAP values of a linear model of independent features."""
        each = (matrix - self.means) * self.coefficients
        base = np.full((len(matrix), 1), self.intercept + float(self.means @ self.coefficients))
        return np.concatenate([each, base], axis=1)


@dataclass(frozen=True)
class Ranks:
    """The share of training rows that are less unusual: a raw measure of unusualness looked up among theirs.

    ``quantiles`` holds the training rows' raw measures at evenly spaced shares from 0 to 1, ascending.
    """

    quantiles: np.ndarray

    def of(self, raw: np.ndarray) -> np.ndarray:
        """Scores, shape (n,), for raw measures of shape (n,)."""
        shares = np.linspace(0, 1, len(self.quantiles))
        # Of several equal quantiles the highest counts; beyond the last of them a score is 1.
        values, first = np.unique(self.quantiles[::-1], return_index=True)
        ranks: np.ndarray = np.interp(raw, values, shares[::-1][first])
        return ranks


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Isolation trees laid end to end: per node its column (below 0 at a leaf), threshold, children and path length.

    A leaf's ``length`` is its depth plus the average length of a search among the rows that ended there (Liu et al.
    2008). The raw measure is minus the mean length: unusual rows are isolated early.
    """

    roots: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    length: np.ndarray
    ranks: Ranks

    def raw(self, matrix: np.ndarray) -> np.ndarray:
        """Minus the mean path length, shape (n,)."""
        total = np.zeros(len(matrix))
        rows = np.arange(len(matrix))
        for root in self.roots:
            node = np.full(len(matrix), root)
            while (inside := self.column[node] >= 0).any():
                low = matrix[rows, np.maximum(self.column[node], 0)] <= self.threshold[node]
                node = np.where(inside, np.where(low, self.left[node], self.right[node]), node)
            total += self.length[node]
        raw: np.ndarray = -total / len(self.roots)
        return raw

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Ranks of unusualness."""
        return self.ranks.of(self.raw(matrix))

    def contributions(self, matrix: np.ndarray) -> None:
        """Unknown: path lengths of random trees have no additive parts that are cheap and exact."""
        del matrix


@dataclass(frozen=True, kw_only=True)
class Centres:
    """Cluster centres, shape (k, columns): the raw measure is the distance to the nearest one."""

    centres: np.ndarray
    ranks: Ranks

    def raw(self, matrix: np.ndarray) -> np.ndarray:
        """Distances, shape (n,)."""
        nearest = np.full(len(matrix), np.inf)
        for centre in self.centres:
            nearest = np.minimum(nearest, np.sum((matrix - centre) ** 2, axis=1))
        raw: np.ndarray = np.sqrt(nearest)
        return raw

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Ranks of the distance."""
        return self.ranks.of(self.raw(matrix))

    def contributions(self, matrix: np.ndarray) -> None:
        """Unknown: a rank of a distance is no sum over columns."""
        del matrix


def search_length(rows: np.ndarray) -> np.ndarray:
    """The average path of an unsuccessful search in a binary tree of so many rows: c(n) of Liu et al. 2008."""
    many = np.maximum(np.asarray(rows, dtype=np.float64), 3)
    harmonic = np.log(many - 1) + _EULER
    exact = 2 * harmonic - 2 * (many - 1) / many
    return np.select([np.asarray(rows) <= 1, np.asarray(rows) == 2], [0.0, 1.0], exact)  # noqa: PLR2004 - two rows
