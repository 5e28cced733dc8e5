"""The bootstrap is that of drawing rows again, class by class, and pairs models over the same draws."""

import numpy as np
import pytest
from sklearn import metrics as sk

from pipelines.jobs.judging.bootstrap import Judged, deviations, in_row_order, intervals, resample, weights
from pipelines.jobs.metrics import Ranking


def sample(rows: int = 3_000, seed: int = 3, digits: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = (rng.random(rows) < 0.1).astype(np.int8)
    return labels, np.clip(rng.normal(0.3 + 0.2 * labels, 0.15), 0, 1).round(digits).astype(np.float32)


def judged(labels: np.ndarray, scores: np.ndarray) -> Judged:
    return Judged(Ranking.of(labels, scores), 0.4)


def test_every_draw_has_as_many_positives_and_negatives_as_the_rows() -> None:
    labels, _ = sample(500)
    blocks = list(weights(labels, resamples=60, seed=1))
    assert [len(block) for block in blocks] == [25, 25, 10]
    drawn = np.concatenate(blocks).astype(int)
    assert set(drawn[:, labels == 1].sum(axis=1)) == {labels.sum()}
    assert set(drawn.sum(axis=1)) == {500}
    assert drawn.mean(axis=0) == pytest.approx(np.ones(500), abs=0.8)


def test_the_deviation_is_that_of_drawing_rows_again() -> None:
    labels, scores = sample(1_500)
    rng = np.random.default_rng(5)
    classes = [np.flatnonzero(labels == it) for it in (0, 1)]
    drawn = [np.concatenate([rng.choice(rows, len(rows)) for rows in classes]) for _ in range(400)]
    by_hand = [sk.average_precision_score(labels[rows], scores[rows]) for rows in drawn]
    draws = resample([judged(labels, scores)], resamples=400, seed=7)[0]
    assert deviations(draws)["average_precision"] == pytest.approx(np.std(by_hand, ddof=1), rel=0.15)
    low, high = np.quantile(by_hand, (0.025, 0.975))
    assert intervals(draws)["average_precision"] == pytest.approx([low, high], abs=0.01)


def test_the_bootstrap_is_the_same_for_the_same_seed_only() -> None:
    one = judged(*sample(500))
    first, again, other = (deviations(resample([one], resamples=30, seed=seed)[0]) for seed in (7, 7, 8))
    assert first == again != other


def test_two_equal_models_differ_by_nothing_in_any_draw() -> None:
    labels, scores = sample(800)
    ours, theirs = resample([judged(labels, scores), judged(labels, scores**2)], resamples=50, seed=7)
    assert (ours["average_precision"] == theirs["average_precision"]).all()
    assert (ours["auc"] == theirs["auc"]).all()


def test_pairing_takes_the_noise_of_shared_rows_out_of_a_difference() -> None:
    labels, scores = sample(2_000)
    worse = scores + np.random.default_rng(1).normal(0, 0.05, 2_000)
    ours, theirs = resample([judged(labels, scores), judged(labels, worse)], resamples=200, seed=7)
    alone = resample([judged(labels, worse)], resamples=200, seed=8)[0]
    paired, unpaired = ours["auc"] - theirs["auc"], ours["auc"] - alone["auc"]
    assert np.std(paired) < 0.6 * np.std(unpaired)


def test_rows_find_their_old_order() -> None:
    labels, scores = sample(100)
    assert (in_row_order(Ranking.of(labels, scores)) == labels).all()
