"""How far numbers lie from the truth, for use cases whose truth is a number."""

import numpy as np


def regression_metrics(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Mean absolute error, mean squared error, its root, and the coefficient of determination.

    Args:
        truth: shape (n,), n > 0.
        predicted: shape (n,), in the same unit.

    Returns:
        ``mae``, ``rmse`` in the unit of the truth, ``mse`` in its square, and ``r2`` = 1 - squared errors / squared
        deviations from the mean; 0 where the truth never varies.
    """
    errors = np.asarray(predicted, dtype=np.float64) - np.asarray(truth, dtype=np.float64)
    squared = float(np.mean(errors**2))
    spread = float(np.var(np.asarray(truth, dtype=np.float64)))
    return {
        "mae": float(np.mean(np.abs(errors))),
        "mse": squared,
        "rmse": float(np.sqrt(squared)),
        "r2": 1 - squared / spread if spread else 0.0,
    }
