"""Evaluate judges the artifact as it is, by the rows it has not learned, and refuses a foreign one."""

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from job_runs import Trained
from sklearn.metrics import average_precision_score

from headrace.decisions import decide
from headrace.usecase import UseCase
from pipelines.jobs import evaluate, inference
from pipelines.jobs.training_set import TrainingSetError


def test_a_test_split_of_one_class_cannot_judge(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    frame = pd.read_parquet(trained.splits / "test").assign(label=1)
    frame.to_parquet(tmp_path / "part.parquet")
    with pytest.raises(TrainingSetError, match="the test split has one class only"):
        evaluate.evaluate(fraud, trained.model, tmp_path, resamples=5, seed=1)


def test_the_report_judges_the_model_that_has_not_learned_the_test_rows(trained: Trained, fraud: UseCase) -> None:
    rows = pd.read_parquet(trained.splits / "test")
    scores = inference.model_fn(str(trained.model / "judged")).scores(
        rows[list(fraud.feature_names)].to_numpy(np.float32)
    )
    figures = trained.evaluation["binary_classification_metrics"]
    assert figures["average_precision"]["value"] == pytest.approx(
        average_precision_score(rows["label"], scores), abs=1e-6
    )
    threshold = trained.about["threshold"]["score"]
    counts = pd.crosstab(rows["label"], (scores >= threshold).astype(int))
    expected = {str(label): {str(called): counts.loc[label, called] for called in (0, 1)} for label in (0, 1)}
    assert figures["confusion_matrix"] == expected
    assert trained.evaluation["headrace"]["threshold"] == threshold


def test_every_figure_of_the_report_has_a_deviation(trained: Trained) -> None:
    figures = trained.evaluation["binary_classification_metrics"]
    names = {"auc", "average_precision", "accuracy", "precision", "recall", "f1", "f2"}
    assert names == {name for name, figure in figures.items() if "value" in figure}
    assert all(0 < figures[name]["standard_deviation"] < 0.2 for name in names)


def test_the_report_says_what_errors_cost_with_and_without_the_model(trained: Trained, fraud: UseCase) -> None:
    about, figures = trained.evaluation["headrace"], trained.evaluation["binary_classification_metrics"]
    wrong = figures["confusion_matrix"]
    assert about["cost"]["at_threshold"] == wrong["1"]["0"] * 500 + wrong["0"]["1"] * 50
    assert about["cost"]["without_model"] == about["positives"] * fraud.label.missed_cost
    assert about["cost"]["alarm_on_all"] == (about["rows"] - about["positives"]) * fraud.label.false_alarm_cost


def test_the_report_counts_rows_and_positives_of_every_decision(trained: Trained, fraud: UseCase) -> None:
    rows = pd.read_parquet(trained.splits / "test")
    scores = inference.model_fn(str(trained.model / "judged")).scores(
        rows[list(fraud.feature_names)].to_numpy(np.float32)
    )
    rows["decision"] = [decide(score, fraud.decision.bands) for score in scores.tolist()]
    for name, counts in trained.evaluation["headrace"]["decisions"].items():
        chosen = rows[rows["decision"] == name]
        assert counts == {"rows": len(chosen), "positives": chosen["label"].sum()}


def test_the_packed_artifact_is_judged_like_the_unpacked_one(trained: Trained, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(trained.model, arcname=".")
    places = ["--model", str(tmp_path), "--test", str(trained.splits / "test"), "--output", str(tmp_path / "out")]
    assert evaluate.main(["--usecase", "fraud", *places, "--resamples", "50"]) == 0
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == trained.evaluation


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"usecase": "churn"}, "the model is for churn, not fraud"),
        ({"features": ["amount", "shoe_size"]}, "the model asks for shoe_size"),
    ],
)
def test_a_foreign_model_is_not_judged(change: dict[str, Any], reason: str, trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "headrace.json").write_text(json.dumps({**trained.about, **change}))
    (tmp_path / "model.ubj").write_bytes((trained.model / "model.ubj").read_bytes())
    message = tmp_path / "message"
    places = ["--model", str(tmp_path), "--test", str(trained.splits / "test"), "--reason-file", str(message)]
    assert evaluate.main(["--usecase", "fraud", *places, "--output", str(tmp_path / "out")]) == 1
    assert reason in message.read_text()


def test_a_folder_without_a_model_is_named(trained: Trained, tmp_path: Path) -> None:
    message = tmp_path / "message"
    places = ["--model", str(tmp_path), "--test", str(trained.splits / "test"), "--reason-file", str(message)]
    assert evaluate.main(["--usecase", "fraud", *places]) == 1
    assert "model.tar.gz" in message.read_text()
