"""Does a score of 0.3 mean three in ten? The reliability curve and what it deviates from the diagonal."""

from typing import Any

import numpy as np

from pipelines.jobs.judging.proportions import wilson
from pipelines.jobs.metrics import Ranking

_BINS = 12
_TINY = 1e-7


def calibration(ranking: Ranking, bins: int = _BINS) -> dict[str, Any]:
    """How scores compare with how often the truth was positive.

    Rows are cut, in the order of their scores, into bins of equal expected positives (the sum of scores), so that rare
    positives spread over all of them.

    Args:
        ranking: test rows.
        bins: at most; rows of one score stay together.

    Returns:
        ``curve``: per bin rows, the mean score, the share of positives and its 95 % interval, by rising score;
        ``error``: the expected calibration error, sum over bins of n_b / n * |share - mean score| (Naeini et al. 2015);
        ``brier``: mean (score - label)^2; ``log_loss`` in nats; ``expected`` and ``observed`` positives.
    """
    scores, labels = ranking.scores[::-1], ranking.labels[::-1].astype(np.float64)
    expected = float(np.sum(scores))
    mass = np.cumsum(scores) / expected if expected else np.linspace(0, 1, len(scores))
    last = np.unique(np.searchsorted(mass, np.linspace(0, 1, bins + 1)[1:-1]))
    # A bin ends where a score does.
    ends = np.unique(np.searchsorted(scores, scores[last.clip(0, len(scores) - 1)], side="right"))
    parts = [part for part in np.split(np.arange(len(scores)), ends) if len(part)]
    curve = [_point(scores[part], labels[part]) for part in parts]
    clipped = np.clip(scores, _TINY, 1 - _TINY)
    return {
        "curve": curve,
        "error": round(sum(it["rows"] * abs(it["share"] - it["score"]) for it in curve) / len(scores), 6),
        "brier": round(float(np.mean((scores - labels) ** 2)), 6),
        "log_loss": round(float(-np.mean(np.where(labels > 0, np.log(clipped), np.log(1 - clipped)))), 6),
        "expected": round(expected, 3),
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
