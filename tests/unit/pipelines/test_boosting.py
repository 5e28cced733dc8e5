"""Training stops early, is repeatable, and ends the same whether or not it was interrupted."""

import json
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb

from pipelines.jobs.algorithms import Rows
from pipelines.jobs.boosting import Progress, Schedule, fit, grow

PARAMETERS = {"max_depth": 4, "eta": 0.2, "subsample": 0.7, "colsample_bytree": 0.7, "seed": 7, "nthread": 1}


def sample(seed: int, rows: int = 1_500) -> Rows:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 8)).astype(np.float32)
    labels = (features[:, 0] * features[:, 1] + rng.normal(size=rows) > 2).astype(np.int8)
    return Rows(features=features, labels=labels)


def run(rounds: int, *, patience: int = 1_000, checkpoint: Path | None = None, seed: int = 7) -> Progress:
    schedule = Schedule(rounds=rounds, patience=patience, save_every=5)
    return fit({**PARAMETERS, "seed": seed}, sample(1), sample(2), schedule, checkpoint=checkpoint)


def trees(progress: Progress) -> bytes:
    return bytes(progress.booster.save_raw("ubj"))


def test_an_interrupted_run_ends_with_the_same_trees_as_an_uninterrupted_one(tmp_path: Path) -> None:
    run(12, checkpoint=tmp_path)
    resumed = run(23, checkpoint=tmp_path)
    whole = run(23)
    assert resumed.history == whole.history
    assert trees(resumed) == trees(whole)


def test_a_resumed_run_does_not_train_the_saved_rounds_again(tmp_path: Path) -> None:
    run(12, checkpoint=tmp_path)
    reported: list[int] = []
    schedule = Schedule(rounds=14, patience=1_000, save_every=5)
    fit(
        PARAMETERS,
        sample(1),
        sample(2),
        schedule,
        checkpoint=tmp_path,
        report=lambda number, _: reported.append(number),
    )
    assert reported == [10, 11, 12, 13]


def test_a_finished_run_is_resumed_without_another_round(tmp_path: Path) -> None:
    finished = run(10, checkpoint=tmp_path)
    assert trees(run(10, checkpoint=tmp_path)) == trees(finished)


@pytest.mark.parametrize("lost", ["history.json", "checkpoint.ubj"])
def test_half_a_checkpoint_is_no_checkpoint(lost: str, tmp_path: Path) -> None:
    run(7, checkpoint=tmp_path)
    (tmp_path / lost).unlink()
    assert len(run(7, checkpoint=tmp_path).history) == 7


def test_a_history_of_other_trees_is_not_believed(tmp_path: Path) -> None:
    run(7, checkpoint=tmp_path)
    (tmp_path / "history.json").write_text(json.dumps([0.99]))
    assert trees(run(7, checkpoint=tmp_path)) == trees(run(7))


def test_the_same_seed_gives_the_same_trees_and_another_gives_others() -> None:
    assert trees(run(10)) == trees(run(10)) != trees(run(10, seed=8))


def test_training_stops_when_validation_stops_getting_better_and_keeps_the_best_rounds() -> None:
    stopped = run(400, patience=5)
    assert len(stopped.history) - 1 - stopped.best == 5
    assert stopped.history[stopped.best] == max(stopped.history)
    assert stopped.booster.num_boosted_rounds() == stopped.best + 1


def test_the_history_is_validations_average_precision() -> None:
    progress = run(15)
    validation = sample(2)
    scored = xgb.DMatrix(validation.features, validation.labels)
    progress.booster.set_param({"eval_metric": "aucpr"})
    value = float(str(progress.booster.eval(scored)).rsplit(":", 1)[1])
    assert progress.history[progress.best] == pytest.approx(value, abs=1e-6)


def test_patience_of_zero_never_stops_early() -> None:
    assert len(run(60, patience=0).history) == 60


def test_growing_again_takes_the_rounds_it_is_told_and_can_be_interrupted(tmp_path: Path) -> None:
    schedule = Schedule(rounds=17, patience=1, save_every=5)
    whole = grow(PARAMETERS, sample(1), schedule)
    assert whole.num_boosted_rounds() == 17
    grow(PARAMETERS, sample(1), Schedule(rounds=12, patience=1, save_every=5), checkpoint=tmp_path)
    resumed = grow(PARAMETERS, sample(1), schedule, checkpoint=tmp_path)
    assert bytes(resumed.save_raw("ubj")) == bytes(whole.save_raw("ubj"))


def test_growing_takes_the_trees_that_fitting_takes() -> None:
    grown = grow(PARAMETERS, sample(1), Schedule(rounds=9, patience=1, save_every=5))
    fitted = run(9)
    fresh = sample(3).features
    whole = xgb.Booster(model_file=fitted.booster.save_raw("ubj"))
    assert grown.inplace_predict(fresh, iteration_range=(0, 4)) == pytest.approx(
        whole.inplace_predict(fresh, iteration_range=(0, 4))
    )
