"""Logistic regression, fitted by scikit-learn and kept as plain coefficients."""

from dataclasses import dataclass

import numpy as np

from pipelines.jobs.algorithms.at_once import Chosen, at_once
from pipelines.jobs.algorithms.method import Rows


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


def fit_linear(rows: Rows, chosen: Chosen, weight: float) -> Linear:
    """Fit with an L2 penalty by L-BFGS.

    Args:
        rows: prepared columns without missing values, shape (n, columns), and labels.
        chosen: ``C`` (inverse strength of the penalty) and ``max_iter``.
        weight: of a positive.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=float(chosen["C"]), max_iter=int(chosen["max_iter"]), class_weight={0: 1.0, 1: weight})
    model.fit(rows.features.astype(np.float64), rows.labels)
    return Linear(
        coefficients=model.coef_[0].astype(np.float64),
        means=rows.features.mean(axis=0, dtype=np.float64),
        intercept=float(model.intercept_[0]),
    )


LINEAR = at_once(
    kind=Linear,
    fit=fit_linear,
    arrays=lambda it: {"coefficients": it.coefficients, "means": it.means, "intercept": np.array(it.intercept)},
    scorer=lambda it: Linear(intercept=float(it.pop("intercept")), **it),
)
