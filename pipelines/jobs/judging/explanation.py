"""What moves the scores, over many rows; for single ones see ``pipelines.jobs.inference.reasons``."""

from typing import Any

import numpy as np

from pipelines.jobs.inference import ServedModel

_ROWS = 2_000


def explanation(
    model: ServedModel, matrix: np.ndarray, scores: np.ndarray, threshold: float, seed: int
) -> dict[str, Any] | None:
    """Mean contributions to the log odds, by feature.

    Exact for each row (trees: TreeSHAP; linear: coefficient * (value - mean)), averaged over at most 2,000 rows drawn
    at random and at most 2,000 alarms.

    Args:
        model: to explain.
        matrix: features of shape (n, features), NaN where missing.
        scores: of these rows.
        threshold: scores from here on are alarms.
        seed: of the draw.

    Returns:
        None if the algorithm cannot say. Else ``rows``, and ``features`` by falling ``mean_absolute``, the mean of
        |contribution|, each with ``mean_in_alarms``, the signed mean among alarms (None without any).
    """
    rng = np.random.default_rng(seed)
    drawn, alarms = _drawn(rng, np.arange(len(matrix))), _drawn(rng, np.flatnonzero(scores >= threshold))
    values = model.contributions(matrix[drawn])
    if values is None:
        return None
    in_alarms = model.contributions(matrix[alarms]) if len(alarms) else None
    mean = np.abs(values[:, :-1]).mean(axis=0)
    return {
        "rows": len(drawn),
        "alarms": len(alarms),
        "base": round(float(values[0, -1]), 6),
        "features": [
            {
                "feature": model.features[it],
                "mean_absolute": round(float(mean[it]), 6),
                "mean_in_alarms": None if in_alarms is None else round(float(in_alarms[:, it].mean()), 6),
            }
            for it in np.argsort(-mean, kind="stable")
        ],
    }


def _drawn(rng: np.random.Generator, rows: np.ndarray) -> np.ndarray:
    return rows if len(rows) <= _ROWS else np.sort(rng.choice(rows, _ROWS, replace=False))
