"""The monitoring job as it is ordered: kinds, thresholds, facets and windows, and what it does without."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from monitored_places import arguments, documents

from headrace.usecase import Facet, Monitor, Thresholds, UseCase
from pipelines.jobs import monitor


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
