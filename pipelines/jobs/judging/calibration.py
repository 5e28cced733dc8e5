"""Does a score of 0.3 mean three in ten? The reliability curve and what it deviates from the diagonal."""

from typing import Any

import numpy as np

from pipelines.jobs.judging.proportions import wilson
from pipelines.jobs.metrics import Ranking

_EDGES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_TINY = 1e-7


def calibration(ranking: Ranking) -> dict[str, Any]:
    """How scores compare with how often the truth was positive.

    Rows are cut at fixed scores, tenths and finer ones near 0 where most rows lie, so that curves of different models
    and weeks can be laid over each other.

    Args:
        ranking: test rows.

    Returns:
        ``curve``: per bin with rows the mean score, the share of positives and its 95 % interval, by rising score;
        ``error``: the expected calibration error, sum over bins of n_b / n * |share - mean score| (Naeini et al. 2015);
        ``brier``: mean (score - label)^2; ``log_loss`` in nats; ``expected`` and ``observed`` positives.
    """
    scores, labels = ranking.scores, ranking.labels.astype(np.float64)
    bins = np.searchsorted(_EDGES, scores, side="right")
    curve = [_point(scores[bins == it], labels[bins == it]) for it in np.unique(bins)]
    clipped = np.clip(scores, _TINY, 1 - _TINY)
    return {
        "curve": curve,
        "error": round(sum(it["rows"] * abs(it["share"] - it["score"]) for it in curve) / len(scores), 6),
        "brier": round(float(np.mean((scores - labels) ** 2)), 6),
        "log_loss": round(float(-np.mean(np.where(labels > 0, np.log(clipped), np.log(1 - clipped)))), 6),
        "expected": round(float(scores.sum()), 3),
        "observed": int(labels.sum()),
    }


def _point(scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    low, high = wilson(float(labels.sum()), len(labels))
    return {
        "rows": len(labels),
        "score": round(float(scores.mean()), 6),
        "share": round(float(labels.mean()), 6),
        "interval": [round(low, 6), round(high, 6)],
    }
