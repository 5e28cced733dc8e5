"""The monitoring job: capture, ground truth and the deployed model's own documents in, the same documents out."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from job_runs import ROOT, MakeTrainingSet, Trained, run_job

from headrace.ground_truth import truth_line
from headrace.schema import LabelRecord, format_timestamp
from headrace.usecase import Facet, Monitor, Thresholds, UseCase
from pipelines.jobs import baseline, inference, monitor
from pipelines.retraining import sources

Change = Callable[[pd.DataFrame], None]
DELAY_S = 7 * 86_400


def captured(model: inference.ServedModel, frame: pd.DataFrame, usecase: UseCase) -> list[dict[str, Any]]:
    """One line a row, as the endpoint that serves the model captures it."""
    lines = []
    for row in frame.replace({np.nan: None}).to_dict("records"):
        asked = json.dumps({"instances": [{name: row[name] for name in usecase.feature_names}]})
        answered, _ = inference.output_fn(
            inference.predict_fn(inference.input_fn(asked, "application/json"), model), ""
        )
        lines.append(
            {
                "captureData": {
                    "endpointInput": {"mode": "INPUT", "data": asked, "encoding": "JSON"},
                    "endpointOutput": {"mode": "OUTPUT", "data": answered, "encoding": "JSON"},
                },
                "eventMetadata": {
                    "eventId": "aws", "inferenceId": row["event_id"],
                    "inferenceTime": format_timestamp(int(row["timestamp"])),
                },
                "eventVersion": "0",
            }
        )  # fmt: skip
    return lines


@pytest.fixture(scope="module")
def deployed(trained: Trained, fraud: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The baseline and evaluation of the trained model, as its package holds them."""
    root = tmp_path_factory.mktemp("deployed")
    documents = baseline.baseline(fraud, trained.model, trained.splits / "all", trained.splits / "test")
    (root / "baseline").mkdir()
    for name, document in documents.items():
        (root / "baseline" / name).write_text(json.dumps(document))
    shutil.copytree(trained.root / "evaluation", root / "evaluation")
    return root


@pytest.fixture
def places(
    deployed: Path, trained: Trained, fraud: UseCase, make_training_set: MakeTrainingSet, tmp_path: Path
) -> Callable[[Change | None, float], dict[str, Path]]:
    """Writes what a changed world of 1,500 rows leaves behind, some of its labels turned round."""

    def write(change: Change | None = None, turned: float = 0.0) -> dict[str, Path]:
        frame = make_training_set(rows=1_500, seed=5)
        label = np.where(np.random.default_rng(1).random(1_500) < turned, 1 - frame["label"], frame["label"])
        if change is not None:
            change(frame)
        model = inference.model_fn(str(trained.model))
        truth = [
            truth_line(name, LabelRecord(name, when, {}, int(value), when + DELAY_S))
            for name, when, value in zip(frame["event_id"], frame["timestamp"].tolist(), label, strict=True)
        ]
        for name, lines in (("capture", captured(model, frame, fraud)), ("truth", truth)):
            folder = tmp_path / name / "2018" / "08" / "01" / "00"
            folder.mkdir(parents=True)
            (folder / "part.jsonl").write_text("\n".join(map(json.dumps, lines)))
        return {
            "capture": tmp_path / "capture",
            "truth": tmp_path / "truth",
            "baseline": deployed / "baseline",
            "evaluation": deployed / "evaluation",
            "model": trained.model,
        }

    return write


def arguments(places: dict[str, Path], root: Path) -> list[str]:
    given = {**places, "output": root / "out", "metrics": root / "metrics", "reason-file": root / "message"}
    return [
        "--usecase",
        "fraud",
        "--stage",
        "test",
        *(it for name, at in given.items() for it in (f"--{name}", str(at))),
    ]


def documents(root: Path) -> dict[str, Any]:
    return {it.name: json.loads(it.read_text()) for it in (root / "out").glob("*.json")}


def test_an_unchanged_world_is_clean_and_the_model_healthy(places: Any, trained: Trained, tmp_path: Path) -> None:
    assert monitor.main(arguments(places(), tmp_path)) == 0
    found = documents(tmp_path)
    assert found["constraint_violations.json"] == {"violations": []}
    assert found["model_quality.json"]["headrace"]["status"] == "HEALTHY"
    assert found["model_quality.json"]["headrace"]["threshold"] == trained.evaluation["headrace"]["threshold"]
    assert found["attribution.json"]["ndcg"] > 0.9
    assert found["statistics.json"]["dataset"]["item_count"] == 1_500
    assert "HEALTHY" in (tmp_path / "out" / "report.html").read_text()


def test_metrics_are_lines_with_the_dimensions_that_alarms_need(places: Any, tmp_path: Path) -> None:
    monitor.main(arguments(places(), tmp_path))
    lines = [json.loads(it) for it in (tmp_path / "metrics" / "cloudwatch_metrics.jsonl").read_text().splitlines()]
    figures = {it["MetricName"]: it["Value"] for it in lines}
    assert figures["violations"] == figures["drifted_columns"] == figures["degraded"] == 0
    assert 0 <= figures["feature_baseline_drift_amount"] < 0.1
    assert figures["feature_attribution_ndcg"] > 0.9
    assert {"auc", "recall", "rows", "drift_magnitude"} <= figures.keys()
    expected = [
        {"Name": "UseCase", "Value": "fraud"},
        {"Name": "Stage", "Value": "test"},
        {"Name": "Monitor", "Value": "every"},
    ]
    assert all(it["Dimensions"] == expected for it in lines)


def test_a_drift_of_the_inputs_is_named_with_its_column_and_the_scores_that_follow(places: Any, tmp_path: Path) -> None:
    def dearer(frame: pd.DataFrame) -> None:
        frame["amount"] *= 3

    assert monitor.main(arguments(places(dearer), tmp_path)) == 0
    violations = documents(tmp_path)["constraint_violations.json"]["violations"]
    drifted = [it["feature_name"] for it in violations if it["constraint_check_type"] == "baseline_drift_check"]
    assert drifted == ["amount", "score"]


def test_a_rule_that_changed_is_silent_in_the_inputs_and_degrades_the_model(places: Any, tmp_path: Path) -> None:
    assert monitor.main(arguments(places(None, 0.3), tmp_path)) == 0
    violations = documents(tmp_path)["constraint_violations.json"]["violations"]
    assert {it["constraint_check_type"] for it in violations} == {"LessThanThreshold"}
    assert "auc" in {it["metric_name"] for it in violations}


def test_it_runs_from_the_packed_sources_alone(places: Any, fraud: UseCase, tmp_path: Path) -> None:
    code = sources.build(fraud, tmp_path / "code")
    script = tmp_path / "code" / "monitor.py"
    shutil.copyfile(ROOT / "pipelines" / "jobs" / "monitor.py", script)
    done = run_job(script, *arguments(places(), tmp_path), env={"PYTHONPATH": str(code.headrace)})
    assert done.returncode == 0, done.stderr
    assert documents(tmp_path)["constraint_violations.json"] == {"violations": []}


def test_without_truth_and_model_the_data_is_judged_alone(places: Any, tmp_path: Path) -> None:
    given = places()
    for name in ("truth", "model", "evaluation"):
        given[name] = tmp_path / "nowhere"
    assert monitor.main(arguments(given, tmp_path)) == 0
    assert documents(tmp_path).keys() == {
        "statistics.json",
        "constraints.json",
        "constraint_violations.json",
        "run.json",
    }


def test_a_capture_that_is_not_there_is_named(places: Any, tmp_path: Path) -> None:
    given = places() | {"capture": tmp_path / "nowhere"}
    assert monitor.main(arguments(given, tmp_path)) == 1
    assert "nowhere: there is no such file or folder" in (tmp_path / "message").read_text()


def test_bias_of_a_facet_is_judged_on_labelled_answers(places: Any, fraud: UseCase) -> None:
    facet = Facet(field="amount", below=2.0, minimum_rows=50)
    fairer = replace(fraud, model=replace(fraud.model, facets=(facet,)))
    found = monitor.monitor(fairer, monitor.Places(**places())).bias
    assert found is not None
    assert found["rows"] == 1_500
    assert found["facets"][0]["metrics"].keys() >= {"DI", "AD", "DPPL"}


@pytest.mark.parametrize(
    ("kind", "written", "metrics"),
    [
        (
            "data_quality",
            {"statistics.json", "constraints.json"},
            {"drift_magnitude", "feature_baseline_drift_amount", "decision_share_BLOCK"},
        ),
        ("model_quality", {"model_quality.json"}, {"auc", "recall", "cost_of_errors"}),
        ("attribution", {"attribution.json"}, {"feature_attribution_ndcg"}),
    ],
)
def test_a_run_of_one_kind_judges_and_writes_that_kind_only(
    kind: str, written: set[str], metrics: set[str], places: Any, tmp_path: Path
) -> None:
    window = ["--window-start", "2018-08-01T00:00:00Z", "--window-end", "2018-08-02T00:00:00Z", "--model-package", "m"]
    assert monitor.main([*arguments(places(), tmp_path), "--kind", kind, *window]) == 0
    found = documents(tmp_path)
    assert found.keys() == {"run.json", "constraint_violations.json", *written}
    run = found["run.json"]
    assert (run["kind"], run["status"], run["violations"], run["stage"]) == (kind, "HEALTHY", 0, "test")
    assert (run["window_end"], run["model_package_arn"]) == ("2018-08-02T00:00:00Z", "m")
    lines = [json.loads(it) for it in (tmp_path / "metrics" / "cloudwatch_metrics.jsonl").read_text().splitlines()]
    assert metrics | {"rows", "violations", "degraded"} <= {it["MetricName"] for it in lines}
    assert {it["Dimensions"][2]["Value"] for it in lines} == {kind}


def test_the_thresholds_of_the_use_case_decide(places: Any, fraud: UseCase) -> None:
    def dearer(frame: pd.DataFrame) -> None:
        frame["amount"] *= 3

    tolerant = replace(fraud, monitor=Monitor(thresholds=Thresholds(least_effect=0.99)))
    given = monitor.Places(**places(dearer))
    assert monitor.monitor(fraud, given, "data_quality").status == "DEGRADED"
    assert monitor.monitor(tolerant, given, "data_quality").status == "HEALTHY"


def test_a_baseline_says_how_far_single_windows_are_from_it_and_the_job_heeds_it(
    deployed: Path, places: Any, fraud: UseCase, tmp_path: Path
) -> None:
    quiet = json.loads((deployed / "baseline" / "noise.json").read_text())
    assert quiet["every"] == fraud.monitor.every
    assert quiet["distances"]["amount"] < 1
    assert (
        monitor.monitor(fraud, monitor.Places(**places()), "data_quality").watched.settings.noise == quiet["distances"]
    )
