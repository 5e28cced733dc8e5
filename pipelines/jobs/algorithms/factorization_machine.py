"""Second-order factorization machines (Rendle 2010): a weight per column, and one per pair as a product of factors.

They are fitted by L-BFGS on the logistic loss; the same for the same seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.jobs.algorithms.at_once import Chosen, at_once
from pipelines.jobs.algorithms.method import Rows

_BLOCK = 65_536
"""Rows that are looked at together, so that their squares and products never exist for all."""


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


class Loss:
    """The mean weighted logistic loss of rows with L2 penalties, and its gradient, over one vector of parameters.

    The vector holds the intercept, the weights (columns) and the factors (columns * k), in this order.
    """

    def __init__(self, rows: Rows, chosen: Chosen, weight: float) -> None:
        self._rows = rows
        self._columns, self._k = rows.features.shape[1], int(chosen["factors"])
        self._l2, self._l2_factors = float(chosen["l2"]), float(chosen["l2_factors"])
        self._weight = weight
        self._total = float(np.where(rows.labels == 1, weight, 1.0).sum())

    def start(self, seed: int, scale: float) -> np.ndarray:
        """Where the search begins: the log odds of the label, no weights, and small random factors.

        With factors of zero every gradient of theirs is zero, and no pair would ever be learned.
        """
        positives = float(np.sum(self._rows.labels == 1)) * self._weight
        random = np.random.default_rng(seed).normal(0, scale, self._columns * self._k)
        return np.concatenate([[np.log(positives / (self._total - positives))], np.zeros(self._columns), random])

    def parts(self, vector: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Intercept, weights of shape (columns,) and factors of shape (columns, k)."""
        weights, factors = np.split(vector[1:], [self._columns])
        return float(vector[0]), weights, factors.reshape(self._columns, self._k)

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        """The loss and its gradient."""
        intercept, weights, factors = self.parts(vector)
        loss, of_intercept = 0.0, 0.0
        of_weights, of_factors = np.zeros_like(weights), np.zeros_like(factors)
        for values, labels, counted in self._blocks():
            sums = values @ factors
            squares = values**2
            margins = intercept + values @ weights + (sums**2 - squares @ factors**2).sum(axis=1) / 2
            # log(1 + exp(m)) - y m, without overflow.
            loss += float(counted @ (np.logaddexp(0, margins) - labels * margins))
            residuals = counted * (1 / (1 + np.exp(-np.clip(margins, -700, 700))) - labels)
            of_intercept += float(residuals.sum())
            of_weights += values.T @ residuals
            of_factors += values.T @ (residuals[:, None] * sums) - factors * (squares.T @ residuals)[:, None]
        penalty = (self._l2 * float(weights @ weights) + self._l2_factors * float(np.sum(factors**2))) / 2
        gradient = np.concatenate([[of_intercept], of_weights, of_factors.ravel()]) / self._total
        gradient[1:] += np.concatenate([self._l2 * weights, self._l2_factors * factors.ravel()])
        return loss / self._total + penalty, gradient

    def _blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Values, labels and what each row counts, some rows at a time."""
        for first in range(0, len(self._rows.labels), _BLOCK):
            labels = self._rows.labels[first : first + _BLOCK].astype(np.float64)
            values = self._rows.features[first : first + _BLOCK].astype(np.float64)
            yield values, labels, np.where(labels == 1, self._weight, 1.0)


def fit_factors(rows: Rows, chosen: Chosen, weight: float) -> Factors:
    """Fit a second-order factorization machine.

    Args:
        rows: prepared columns without missing values, shape (n, columns), and labels of both classes.
        chosen: ``factors`` (k), ``l2`` and ``l2_factors`` (strength of the penalties), ``init_scale`` (spread of the
            factors at the start), ``max_iter`` and ``seed``.
        weight: of a positive.
    """
    from scipy.optimize import minimize

    loss = Loss(rows, chosen, weight)
    start = loss.start(int(chosen["seed"]), float(chosen["init_scale"]))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": int(chosen["max_iter"])})
    intercept, weights, factors = loss.parts(found.x)
    means = rows.features.mean(axis=0, dtype=np.float64)
    return Factors(weights=weights, factors=factors, means=means, intercept=intercept)


FACTORIZATION_MACHINE = at_once(
    kind=Factors,
    fit=fit_factors,
    arrays=lambda it: {
        **{name: getattr(it, name) for name in ("weights", "factors", "means")},
        "intercept": np.array(it.intercept),
    },
    scorer=lambda it: Factors(intercept=float(it.pop("intercept")), **it),
)
