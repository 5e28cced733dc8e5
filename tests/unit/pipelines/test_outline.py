"""A thinned ranking must give every figure of the whole one, and draws of the same spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.jobs.judging.bootstrap import Judged, in_row_order, resample, weights
from pipelines.jobs.judging.outline import Outline
from pipelines.jobs.metrics import Ranking, metrics_of

ROWS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=80)


def outlined(ranking: Ranking, threshold: float) -> dict[str, np.ndarray]:
    outline = Outline.of(ranking, threshold)
    tp, fp = (np.cumsum(it, dtype=np.float64)[np.newaxis] for it in (outline.positives, outline.negatives))
    return metrics_of(tp, fp, outline.called(threshold))


@given(rows=ROWS, threshold=st.integers(-1, 13))
def test_every_figure_is_that_of_the_whole_ranking(rows: list[tuple[int, bool]], threshold: int) -> None:
    ranking = Ranking.of(np.array([label for _, label in rows]), np.array([score / 12 for score, _ in rows]))
    whole = ranking.metrics(threshold / 12)
    for name, values in outlined(ranking, threshold / 12).items():
        assert values == pytest.approx(whole[name], rel=1e-12), name


def test_stretches_without_positives_are_counted_and_not_kept() -> None:
    rng = np.random.default_rng(3)
    labels = rng.random(20_000) < 0.01
    outline = Outline.of(Ranking.of(labels, rng.random(20_000)), 0.5)
    assert len(outline.scores) <= 2 * labels.sum() + 2
    assert (outline.positives.sum(), outline.negatives.sum()) == (labels.sum(), 20_000 - labels.sum())


def test_resamples_spread_as_drawing_row_by_row_does() -> None:
    rng = np.random.default_rng(5)
    labels = rng.random(3_000) < 0.05
    ranking = Ranking.of(labels, np.clip(0.3 * labels + rng.random(3_000) * 0.7, 0, 1))
    drawn = resample([Judged(ranking, 0.6)], resamples=600, seed=1)[0]
    by_row = [
        ranking.metrics(0.6, it[:, ranking.order]) for it in weights(in_row_order(ranking), resamples=600, seed=2)
    ]
    for name, values in drawn.items():
        rowwise = np.concatenate([it[name] for it in by_row])
        assert values.mean() == pytest.approx(rowwise.mean(), abs=0.2 * rowwise.std()), name
        assert values.std() == pytest.approx(rowwise.std(), rel=0.15), name


def test_resamples_have_as_many_positives_as_the_rows() -> None:
    outline = Outline.of(Ranking.of(np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.7, 0.2, 0.1])), 0.5)
    tp, fp = outline.drawn(resamples=20, seed=4)
    assert (tp[:, -1] == 2).all()
    assert (fp[:, -1] == 3).all()
    assert len(np.unique(tp, axis=0)) > 1


def test_one_class_alone_can_be_drawn() -> None:
    tp, fp = Outline.of(Ranking.of(np.zeros(4), np.arange(4.0)), 2.0).drawn(resamples=3, seed=0)
    assert (tp == 0).all()
    assert (fp[:, -1] == 4).all()
