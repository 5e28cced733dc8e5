"""The monitoring job: capture, ground truth and the deployed model's own documents in, the same documents out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from job_runs import ROOT, Trained, run_job
from monitored_places import arguments, documents

from headrace.usecase import UseCase
from pipelines.jobs import monitor
from pipelines.retraining import sources


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
