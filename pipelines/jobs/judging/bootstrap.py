"""How sure we are of a figure: rows drawn again and again, with replacement, positives and negatives apart.

Several rankings of the same rows are judged by the same draws, so that differences between models carry the noise of
their difference and not that of the rows they share.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.jobs.judging.outline import Outline
from pipelines.jobs.metrics import Ranking, metrics_of

Draws = Mapping[str, np.ndarray]
"""A metric's value in each resample, shape (resamples,)."""
_BLOCK = 25


@dataclass(frozen=True)
class Judged:
    """A ranking and the threshold from which its scores count as positive."""

    ranking: Ranking
    threshold: float


def weights(labels: np.ndarray, *, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each row is drawn: blocks of shape (up to 25, n), together so many resamples.

    Positives are drawn from positives and negatives from negatives, so each resample has as many of both as the rows.

    Args:
        labels: 0 or 1, shape (n,).
        resamples: how often to draw.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    classes = [rows for rows in (np.flatnonzero(labels), np.flatnonzero(labels == 0)) if len(rows)]
    for start in range(0, resamples, _BLOCK):
        block = np.zeros((min(_BLOCK, resamples - start), len(labels)), dtype=np.uint8)
        for drawn in block:
            for rows in classes:
                drawn[rows] = np.bincount(rng.integers(0, len(rows), len(rows)), minlength=len(rows))
        yield block


def resample(judged: Sequence[Judged], *, resamples: int, seed: int) -> list[Draws]:
    """Every metric of every judged ranking in each resample.

    Args:
        judged: rankings of the same rows.
        resamples: how often to draw.
        seed: of the draw.
    """
    if len(judged) == 1:
        return [_alone(judged[0], resamples=resamples, seed=seed)]
    drawn: list[dict[str, list[np.ndarray]]] = [{} for _ in judged]
    for block in weights(in_row_order(judged[0].ranking), resamples=resamples, seed=seed):
        for one, into in zip(judged, drawn, strict=True):
            for name, values in one.ranking.metrics(one.threshold, block[:, one.ranking.order]).items():
                into.setdefault(name, []).append(values)
    return [{name: np.concatenate(values) for name, values in into.items()} for into in drawn]


def _alone(judged: Judged, *, resamples: int, seed: int) -> Draws:
    """With nothing to compare it does not matter which rows are drawn, only how many of each stretch."""
    outline = Outline.of(judged.ranking, judged.threshold)
    return metrics_of(*outline.drawn(resamples=resamples, seed=seed), outline.called(judged.threshold))


def deviations(draws: Draws) -> dict[str, float]:
    """The standard deviation of every metric."""
    return {name: float(np.std(values, ddof=1)) for name, values in draws.items()}


def intervals(draws: Draws, confidence: float = 0.95) -> dict[str, list[float]]:
    """The interval of every metric that holds the middle share of the draws (percentile bootstrap, Efron 1979)."""
    tail = (1 - confidence) / 2
    return {
        name: [round(float(it), 6) for it in np.quantile(values, (tail, 1 - tail))] for name, values in draws.items()
    }


def in_row_order(ranking: Ranking) -> np.ndarray:
    """The labels of a ranking as they were before it was sorted, 0 or 1."""
    labels = np.empty(len(ranking.labels), dtype=np.int8)
    labels[ranking.order] = ranking.labels
    return labels
