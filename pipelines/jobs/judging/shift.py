"""How far scores moved between two sets of rows: what can be judged where no truth ever arrives."""

from pathlib import Path

import numpy as np

from headrace.usecase import UseCase
from pipelines.jobs.inference import ServedModel
from pipelines.jobs.judging.judged_rows import JudgedRows


def score_shift(usecase: UseCase, model: ServedModel, before: Path | None, scores: np.ndarray) -> float | None:
    """The Kolmogorov-Smirnov distance of scores to those of an earlier split; None if that is not given."""
    if before is None:
        return None
    rows = JudgedRows.read(before, usecase)
    return round(kolmogorov_smirnov(model.scores(rows.matrix(model.features)), scores), 6)


def kolmogorov_smirnov(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of two empirical distribution functions, from 0 to 1; both of shape (n,) with n > 0."""
    points = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(it), points, side="right") / len(it) for it in (one, other)]
    return float(np.max(np.abs(shares[0] - shares[1])))
