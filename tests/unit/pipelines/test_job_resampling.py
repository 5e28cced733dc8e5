"""However the rare class is brought forward: training rows only, and scores stay probabilities."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from job_runs import Trained
from kinds_of_models import GATES, MODELS
from training_places import places

from headrace.decisions import without_resampling
from headrace.usecase import Model, Resampling, UseCase
from pipelines.jobs import inference, train
from pipelines.jobs.algorithms import Rows
from pipelines.jobs.fitted import Fitted
from pipelines.jobs.hyperparameters import choose, positive_weight
from pipelines.jobs.judging.calibration import calibration
from pipelines.jobs.learning import Learner
from pipelines.jobs.resampling import Resampler
from pipelines.jobs.served.columns import Columns


@pytest.mark.parametrize(("kind", "odds"), [("undersample", 9.0), ("oversample", 9.0)])
def test_resampling_reaches_the_wanted_share_and_knows_what_it_did(kind: str, odds: float) -> None:
    labels = np.array([1] * 100 + [0] * 9_000, dtype=np.int8)
    rows = Rows(features=np.arange(9_100, dtype=np.float32)[:, None], labels=labels)
    resampler = Resampler.of(Resampling(kind=kind, negatives=10), 90.0)
    drawn = resampler.apply(rows, seed=3)
    assert resampler.odds == pytest.approx(odds)
    assert np.sum(drawn.labels == 0) / np.sum(drawn.labels) == pytest.approx(10, rel=0.01)
    assert (labels[drawn.features[:, 0].astype(int)] == drawn.labels).all()
    assert (resampler.apply(rows, seed=3).features == drawn.features).all()


def test_nothing_is_drawn_where_enough_positives_are_there() -> None:
    rows = Rows(features=np.zeros((4, 1)), labels=np.array([0, 1, 0, 1]))
    assert Resampler.of(Resampling(kind="undersample", negatives=10), 1.0).apply(rows, 1) is rows


def test_the_weight_of_a_positive_is_that_of_the_training_rows(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    usecase = replace(fraud, model=MODELS["trees that are balanced"])
    about = train.train(usecase, {"num_round": 2}, "v1", places(trained, tmp_path))
    known, judged = (pd.read_parquet(trained.splits / name)["label"] for name in ("train", "validation"))
    assert about["odds"] == pytest.approx((1 - known.mean()) / known.mean())
    assert known.mean() != judged.mean()


@pytest.mark.parametrize("kind", ["undersample", "oversample"])
def test_rows_that_choose_the_threshold_are_never_resampled(
    kind: str, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    wanted = Resampling(kind=kind, negatives=2)
    model = Model(resampling=wanted, hyperparameters={"num_round": 5}, gates=GATES)
    about = train.train(replace(fraud, model=model), {}, "v1", places(trained, tmp_path))
    known, judged = (pd.read_parquet(trained.splits / name)["label"] for name in ("train", "validation"))
    assert about["odds"] == pytest.approx((known == 0).sum() / known.sum() / 2)
    assert about["threshold"]["curve"]["costs"][0] == (judged == 0).sum() * fraud.label.false_alarm_cost
    assert about["threshold"]["curve"]["costs"][-1] == judged.sum() * fraud.label.missed_cost


@pytest.mark.parametrize("how", ["weight", "undersample", "oversample"])
def test_scores_stay_probabilities_however_the_rare_class_is_brought_forward(how: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    features = rng.normal(size=(40_000, 3)).astype(np.float32)
    labels = (rng.random(40_000) < 1 / (1 + np.exp(4 - 2 * features[:, 0]))).astype(np.int8)
    cut = 30_000
    known, held_out = (Rows(features=features[it], labels=labels[it]) for it in (slice(cut), slice(cut, None)))
    chosen = choose({"num_round": 60, "eta": 0.2, "max_depth": 2, "seed": 1, "class_weight": "balanced"})
    present = float(np.mean(known.labels == 0) / np.mean(known.labels == 1))
    weight = positive_weight(chosen, present) if how == "weight" else 1.0
    wanted = None if how == "weight" else Resampling(kind=how, negatives=2)
    resampler = Resampler.of(wanted, present)
    learner = Learner(algorithm="xgboost", chosen=chosen, weight=weight, checkpoint=tmp_path)
    learned = learner.learn(resampler.apply(known, 1), held_out)
    fitted = Fitted(columns=Columns.plain(("a", "b", "c")), odds=weight * resampler.odds, learned=learned)
    found = calibration(fitted.ranking(held_out))
    assert fitted.odds > 4
    assert found["expected"] == pytest.approx(found["observed"], rel=0.1)
    uncorrected = calibration(replace(fitted, odds=1.0).ranking(held_out))
    assert uncorrected["expected"] > 2 * uncorrected["observed"]


def test_the_served_model_corrects_as_the_domain_says(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    train.train(replace(fraud, model=MODELS["trees that are balanced"]), {}, "v1", places(trained, tmp_path))
    model = inference.model_fn(str(tmp_path / "model"))
    rows = np.random.default_rng(1).gamma(2, 1, (50, len(model.features))).astype(np.float32)
    raw = model.scorer.scores(rows)
    assert model.scores(rows) == pytest.approx([without_resampling(float(it), model.odds) for it in raw], rel=1e-4)
