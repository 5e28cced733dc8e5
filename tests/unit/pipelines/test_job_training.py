"""Train writes an artifact that says how to ask it; the same is made again of the same, from wherever it stopped."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from job_runs import QUICK, Trained
from training_places import SHORT, places

from headrace.usecase import UseCase
from pipelines.jobs import artifact, inference, train
from pipelines.jobs.boosting import Schedule, grow
from pipelines.jobs.hyperparameters import booster_parameters
from pipelines.jobs.training_set import TrainingSetError


def test_the_artifact_says_how_to_ask_it(trained: Trained, fraud: UseCase) -> None:
    assert trained.about["usecase"] == "fraud"
    assert trained.about["model_version"] == "execution-1"
    assert tuple(trained.about["features"]) == fraud.feature_names
    bands = [(band["decision"], band["from_score"]) for band in trained.about["bands"]]
    assert bands == [(band.decision, band.from_score) for band in fraud.decision.bands]


def test_the_artifact_says_how_it_came_to_be(trained: Trained) -> None:
    hyperparameters = trained.about["hyperparameters"]
    assert (hyperparameters["num_round"], hyperparameters["max_bin"]) == (40, 256)
    assert hyperparameters["max_depth"] == 6
    assert set(trained.about["packages"]) == {"python", "numpy", "pandas", "pyarrow", "sklearn", "xgboost"}
    assert 0 <= trained.about["best_iteration"] < trained.about["rounds"] <= 40


def test_the_artifact_brings_the_code_that_serves_it(trained: Trained) -> None:
    code = trained.model / "code"
    assert (code / "inference.py").read_text() == Path(inference.__file__).read_text()
    jobs = Path(inference.__file__).parent
    for name in ("served/__init__", "served/columns", "served/files", "algorithms/__init__", "algorithms/linear"):
        assert (code / "pipelines" / "jobs" / f"{name}.py").read_text() == (jobs / f"{name}.py").read_text()


def test_the_threshold_is_the_cheapest_on_validation_of_the_model_that_had_not_seen_it(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    about = train.train(fraud, {**QUICK, "refit": 0}, "v", places(trained, tmp_path))
    assert about["threshold"] == trained.about["threshold"]
    rows = pd.read_parquet(trained.splits / "validation")
    scores = inference.model_fn(str(tmp_path / "model")).scores(rows[list(fraud.feature_names)].to_numpy(np.float32))
    labels = rows["label"].to_numpy()

    def cost(threshold: float) -> float:
        missed, false_alarms = (labels == 1) & (scores < threshold), (labels == 0) & (scores >= threshold)
        return float(missed.sum() * fraud.label.missed_cost + false_alarms.sum() * fraud.label.false_alarm_cost)

    chosen = trained.about["threshold"]
    assert chosen["validation_cost"] == cost(chosen["score"]) == min(cost(it) for it in [0, *scores.tolist(), 1.1])


def test_the_same_seed_gives_the_same_artifact(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train.train(fraud, SHORT, "v", places(trained, tmp_path / name))
    for file in ("model.ubj", "headrace.json"):
        one, two = ((tmp_path / name / "model" / file).read_bytes() for name in ("one", "two"))
        assert one == two


def test_another_seed_gives_another_model(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 2)):
        train.train(fraud, {**SHORT, "seed": seed}, "v", places(trained, tmp_path / name))
    assert (tmp_path / "one/model/model.ubj").read_bytes() != (tmp_path / "two/model/model.ubj").read_bytes()


def test_training_leaves_a_checkpoint_to_resume_from(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    train.train(fraud, {**SHORT, "checkpoint_every": 5}, "v", places(trained, tmp_path))
    assert len(json.loads(next((tmp_path / "checkpoints").glob("*/history.json")).read_text())) == 15


def test_the_model_that_serves_has_learned_every_row_for_as_long_and_the_judged_one_only_training_rows(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    held_out = train.train(fraud, {**SHORT, "refit": 0}, "v", places(trained, tmp_path / "held out"))
    refitted = train.train(fraud, SHORT, "v", places(trained, tmp_path / "refitted"))
    alone, served = (tmp_path / name / "model" for name in ("held out", "refitted"))
    boosters = [xgb.Booster(model_file=it / "model.ubj") for it in (alone, served, served / "judged")]
    assert [it.num_boosted_rounds() for it in boosters] == [held_out["best_iteration"] + 1] * 3
    assert boosters[2].get_dump() == boosters[0].get_dump()
    learned = refitted.pop("learned")
    assert {**refitted, "hyperparameters": {}} == {**held_out, "hyperparameters": {}}
    every = train.rows(fraud, trained.splits / "all")
    assert (learned["rows"], learned["positives"]) == (len(every.labels), every.labels.sum())
    assert learned["last"] == trained.manifest["splits"]["test"]["last"]
    schedule = Schedule(rounds=refitted["best_iteration"] + 1, patience=0)
    expected = grow(booster_parameters(refitted["hyperparameters"], 1.0), every, schedule)
    assert boosters[1].get_dump() == expected.get_dump()


def test_a_model_without_a_judged_twin_leaves_none_of_an_earlier_one(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    train.train(fraud, SHORT, "v", places(trained, tmp_path))
    assert artifact.judged(tmp_path / "model") == tmp_path / "model" / "judged"
    train.train(fraud, {**SHORT, "refit": 0}, "v", places(trained, tmp_path))
    assert artifact.judged(tmp_path / "model") == tmp_path / "model"


def test_every_row_after_the_warm_up_is_there_to_learn_those_between_the_splits_too(trained: Trained) -> None:
    parts = [pd.read_parquet(trained.splits / name) for name in ("train", "validation", "test")]
    every = pd.read_parquet(trained.splits / "all")
    assert len(every) == trained.manifest["all"]["rows"]
    assert len(every) == sum(len(it) for it in parts) + trained.manifest["gaps"]["rows_left_out"]
    assert set(pd.concat(parts)["event_id"]) < set(every["event_id"])


def test_candidates_of_a_search_that_share_a_folder_do_not_go_on_from_each_other(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    given = {**SHORT, "checkpoint_every": 4}
    alone, shared = places(trained, tmp_path / "alone"), places(trained, tmp_path / "shared")
    train.train(fraud, {**given, "max_depth": 2}, "v", alone)
    for depth in (5, 2):
        train.train(fraud, {**given, "max_depth": depth}, "v", shared)
    assert (shared.model / "model.ubj").read_bytes() == (alone.model / "model.ubj").read_bytes()


def test_an_interrupted_training_ends_with_the_artifact_of_an_uninterrupted_one(
    trained: Trained, fraud: UseCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken_away(number: int, _value: float) -> None:
        if number == 6:
            raise InterruptedError("the instance was wanted elsewhere")

    given = {**SHORT, "checkpoint_every": 4, "early_stopping_rounds": 0}
    whole, cut = places(trained, tmp_path / "whole"), places(trained, tmp_path / "cut")
    train.train(fraud, given, "v", whole)
    with monkeypatch.context() as patch:
        patch.setattr(train, "report", taken_away)
        with pytest.raises(InterruptedError):
            train.train(fraud, given, "v", cut)
    assert len(json.loads(next(cut.checkpoint.glob("*/history.json")).read_text())) == 4
    train.train(fraud, given, "v", cut)
    assert (cut.model / "model.ubj").read_bytes() == (whole.model / "model.ubj").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--num_rounds", "5"], "num_rounds are no hyperparameters"),
        (["--class_weight", "heavy"], "class_weight is 'heavy'"),
        (["--usecase", "frauds"], "there is no use case 'frauds'"),
    ],
)
def test_a_wrong_argument_is_the_reason_of_the_failure(
    arguments: list[str], reason: str, trained: Trained, tmp_path: Path
) -> None:
    folders = [f"--{name}_dir={trained.splits / name}" for name in ("train", "validation", "all")]
    folders += [f"--{name}_dir={tmp_path / name}" for name in ("model", "checkpoint", "output")]
    assert train.main(["--usecase", "fraud", "--model_version", "v", *folders, *arguments]) == 1
    assert reason in (tmp_path / "output" / "failure").read_text()
    assert not (tmp_path / "model").exists()


def test_a_split_of_one_class_cannot_be_trained_on(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    frame = pd.read_parquet(trained.splits / "train").assign(label=0)
    (tmp_path / "train").mkdir()
    frame.to_parquet(tmp_path / "train" / "part.parquet")
    with pytest.raises(TrainingSetError, match="train has one class only"):
        train.rows(fraud, tmp_path / "train")


def test_the_job_prints_every_figure_of_the_artifact(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [f"--{name}_dir={trained.splits / name}" for name in ("train", "validation", "all")]
    folders += [f"--{name}_dir={tmp_path / name}" for name in ("model", "checkpoint", "output")]
    short = [text for name, value in SHORT.items() for text in (f"--{name}", str(value))]
    assert train.main(["--usecase", "fraud", "--model_version", "v", *folders, *short]) == 0
    printed = capsys.readouterr().out
    figures = json.loads((tmp_path / "model" / "headrace.json").read_text())["metrics"]
    for split, values in figures.items():
        for name, value in values.items():
            assert f"final {split}-{name.replace('_', '-')}={value:.6f}" in printed
    assert not (tmp_path / "output").exists()
