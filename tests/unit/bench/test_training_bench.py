"""The benchmark of training has to compare like with like: the same rows, rounds and parameters on both sides."""

from dataclasses import replace
from pathlib import Path

import pytest
import xgboost as xgb

import usecases
from bench import training
from pipelines.jobs import train


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("splits")
    assert training.write_splits(usecases.load("fraud"), root, per_day=20) > 1_500
    return root


def test_both_sides_train_the_same_trees_where_nothing_is_drawn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours seeds each stretch of rounds by itself, so that trees agree only where rows and columns are not sampled."""
    fraud = usecases.load("fraud")
    everything = {**fraud.model.hyperparameters, "subsample": 1.0, "colsample_bytree": 1.0}
    usecase = replace(fraud, model=replace(fraud.model, hyperparameters=everything))
    kept: list[xgb.Booster] = []
    monkeypatch.setattr(train.artifact, "write", lambda _folder, scorers, *_: kept.append(scorers[0].booster))
    training.run_job(usecase, folder, 5)
    splits = training.read_splits(usecase, folder)
    kept.append(training.run_loop(usecase, splits, 5, folder).scorer.booster)
    plain = training.run_plain(usecase, splits, 5)
    job, loop = kept
    assert job.num_boosted_rounds() >= 1
    assert job.get_dump() == loop.get_dump() == plain.get_dump()[: job.num_boosted_rounds()]
