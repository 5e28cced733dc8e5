"""Logistic regression, fitted by scikit-learn and kept as plain coefficients."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from pipelines.jobs.boosting import Rows
from pipelines.jobs.hyperparameters import Hyperparameters
from pipelines.jobs.served.scorers import Linear


def fit_linear(rows: Rows, chosen: Hyperparameters, weight: float) -> Linear:
    """Fit with an L2 penalty by L-BFGS.

    Args:
        rows: prepared columns without missing values, shape (n, columns), and labels.
        chosen: ``C`` (inverse strength of the penalty) and ``max_iter``.
        weight: of a positive.
    """
    model = LogisticRegression(C=float(chosen["C"]), max_iter=int(chosen["max_iter"]), class_weight={0: 1.0, 1: weight})
    model.fit(rows.features.astype(np.float64), rows.labels)
    return Linear(
        coefficients=model.coef_[0].astype(np.float64),
        means=rows.features.mean(axis=0, dtype=np.float64),
        intercept=float(model.intercept_[0]),
    )
