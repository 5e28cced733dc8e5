"""A bad candidate is stopped, and each gate says why."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from job_runs import Trained
from judged_candidates import NAMES, candidate, failed, judged

from headrace.usecase import Limits, Model, Transform, UseCase
from pipelines.jobs import evaluate, train


def test_a_good_candidate_passes_every_gate_and_each_says_why(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    gates = candidate(trained, fraud, tmp_path)["gates"]
    assert (gates["passed"], gates["failed"], gates["reason"]) == (True, 0, "every gate is passed")
    assert [it["name"] for it in gates["gates"]] == [
        "varies", "positives", "floor_average_precision", "gap", "single_feature", "refit",
    ]  # fmt: skip
    assert all(set(it) == {"name", "passed", "value", "bound", "reason"} and it["reason"] for it in gates["gates"])


def test_a_model_that_newest_rows_have_spoilt_is_stopped_though_its_judged_twin_is_good(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    def damaged(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(label=1 - frame["label"]) if name == "all" else frame

    found = failed(candidate(trained, fraud, tmp_path, damaged))
    assert list(found) == ["refit"]
    assert "as served: learning every row has spoilt it" in found["refit"]


def test_a_floor_that_is_missed_is_the_reason(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    candidate(trained, fraud, tmp_path)
    found = judged(fraud, tmp_path, floors={"average_precision": 0.999})
    value = found["evaluation"]["binary_classification_metrics"]["average_precision"]["value"]
    assert list(failed(found)) == ["floor_average_precision"]
    assert found["gates"]["reason"].startswith(f"average_precision {value:.4f} (95 % interval ")
    assert found["gates"]["reason"].endswith("is below the floor of 0.999")


def test_a_leaky_feature_is_found_by_itself(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)

    def leak(_: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(customer_count_7d=frame["label"] * 3.0 + rng.normal(0, 0.1, len(frame)))

    reasons = failed(candidate(trained, fraud, tmp_path, leak))
    assert "customer_count_7d alone ranks validation rows" in reasons["single_feature"]
    assert "looks like a leak of the truth" in reasons["single_feature"]


def test_a_feature_that_is_known_for_training_rows_only_is_found_by_the_gap(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)

    def leak(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        truth = frame["label"] * 3.0 if name == "train" else 0.0
        return frame.assign(customer_count_7d=truth + rng.normal(0, 0.1, len(frame)))

    strict = replace(fraud, model=replace(fraud.model, limits=Limits(gap=0.15)))
    assert "gap" not in failed(candidate(trained, strict, tmp_path / "honest"))
    reasons = failed(candidate(trained, strict, tmp_path / "leaky", leak))
    assert "beyond 0.15 and noise of " in reasons["gap"]
    assert "the model has learned its training rows by heart, or a feature is known" in reasons["gap"]
    assert "single_feature" not in reasons, "the audit looks at validation rows, where the feature knows nothing"


def test_too_few_labels_stop_a_candidate(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    def forget(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        kept = frame["label"].cumsum() <= 4
        return frame.assign(label=frame["label"].where(kept, 0)) if name == "test" else frame

    reasons = failed(candidate(trained, fraud, tmp_path, forget))
    assert reasons["positives"].startswith("the test rows hold 4 positives, fewer than 10: wait for more labels")


def test_a_constant_candidate_is_stopped(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    reasons = failed(candidate(trained, fraud, tmp_path, gamma=1e9))
    assert reasons["varies"] == "the model is constant: it gives every test row the same score"


def test_scores_that_wander_stop_a_model_without_labels(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    model = Model(algorithm="isolation_forest", transforms=(Transform(function="impute"),), labelled=False)
    usecase = replace(fraud, model=model)

    def wander(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(amount=frame["amount"] + 30) if name == "test" else frame

    for name in NAMES:
        (tmp_path / name).mkdir()
        wander(name, pd.read_parquet(trained.splits / name)).to_parquet(tmp_path / name / "part.parquet")
    places = train.Places(
        train=tmp_path / "train",
        validation=tmp_path / "validation",
        all=tmp_path / "all",
        model=tmp_path / "model",
        checkpoint=tmp_path / "c",
    )
    train.train(usecase, {}, "candidate", places)
    found = judged(usecase, tmp_path, validation=tmp_path / "validation")
    assert "apart (Kolmogorov-Smirnov), beyond 0.2" in failed(found)["score_shift"]
    assert "binary_classification_metrics" not in found["evaluation"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--floor", "auc=0.9"], "--floor auc: fraud has no such gate; use one of average_precision"),
        (["--floor", "average_precision=high"], "--floor average_precision=high: give a number"),
        (["--floor", "0.9"], "--floor 0.9: write NAME=VALUE"),
        (["--lineage", "=x"], "--lineage =x: write NAME=VALUE"),
    ],
)
def test_a_wrong_argument_is_named(arguments: list[str], reason: str, trained: Trained, tmp_path: Path) -> None:
    places = ["--model", str(trained.model), "--test", str(trained.splits / "test"), "--output", str(tmp_path / "out")]
    message = tmp_path / "message"
    assert evaluate.main(["--usecase", "fraud", *places, "--reason-file", str(message), *arguments]) == 1
    assert message.read_text() == reason
