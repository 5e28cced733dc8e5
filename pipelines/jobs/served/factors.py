"""Second-order factorization machines (Rendle 2010): a weight per column, and one per pair as a product of factors."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Factors:
    """Intercept, weights and means of the training rows, shape (columns,), and factors, shape (columns, k).

    The margin is ``intercept + sum w_i x_i + sum_{i<j} <v_i, v_j> x_i x_j``.
    """

    weights: np.ndarray
    factors: np.ndarray
    means: np.ndarray
    intercept: float

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        """Log odds, shape (n,), for prepared columns of shape (n, columns); in O(n columns k) by Rendle's lemma 3.1."""
        values = matrix.astype(np.float64)
        pairs = (values @ self.factors) ** 2 - values**2 @ self.factors**2
        margins: np.ndarray = self.intercept + values @ self.weights + pairs.sum(axis=1) / 2
        return margins

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities."""
        scores: np.ndarray = 1 / (1 + np.exp(-np.clip(self.margins(matrix), -700, 700)))
        return scores

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Exact Shapley values against the means (baseline Shapley, Sundararajan and Najmi 2020); rows sum to margins.

        A pair's share of ``x_i x_j - m_i m_j`` is ``(x_i - m_i) (x_j + m_j) / 2`` for i, and the same the other way
        round for j: the average over the two orders in which they can change from mean to value.
        """
        values = matrix.astype(np.float64)
        both = values + self.means
        others = both @ self.factors @ self.factors.T - both * np.sum(self.factors**2, axis=1)
        each = (values - self.means) * (self.weights + others / 2)
        base = np.full((len(values), 1), self.margins(self.means[None])[0])
        return np.concatenate([each, base], axis=1)
