"""What a run found becomes metrics with the dimensions that alarms name, whichever engine ran."""

import json
from typing import Any

import pytest
from monitoring_lake import MemoryLake

from headrace.errors import RejectedError, RetryableError
from lambdas.monitoring.metrics import published

FOLDER = "monitoring/headrace-fraud-dev/headrace-fraud-dev-data-quality/2026/03/04/00/"
KEY = f"{FOLDER}constraint_violations.json"


def documents(lake: MemoryLake, key: str = KEY) -> list[dict[str, Any]]:
    return [json.loads(it) for it in published(key, usecase="fraud", stage="dev", lake=lake, now_s=5.0)]


def test_the_runs_own_metrics_are_published_with_the_three_dimensions() -> None:
    lake = MemoryLake()
    lines = [{"MetricName": "violations", "Value": 2.0}, {"MetricName": "feature_baseline_drift_amount", "Value": 0.3}]
    lake.put(f"{FOLDER}cloudwatch_metrics.jsonl", "\n".join(map(json.dumps, lines)).encode())
    (found,) = documents(lake)
    assert found["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["UseCase", "Stage", "Monitor"]]
    assert found["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Headrace/Monitor"
    assert (found["UseCase"], found["Stage"], found["Monitor"]) == ("fraud", "dev", "data_quality")
    assert (found["violations"], found["feature_baseline_drift_amount"]) == (2.0, 0.3)


def test_figures_of_a_group_are_published_with_its_dimensions_and_apart_from_those_of_all() -> None:
    lake, group = MemoryLake(), {"Facet": "gender", "FacetValue": "in (female)"}
    run = {"UseCase": "fraud", "Stage": "dev", "Monitor": "bias"}
    lines = [
        {"MetricName": name, "Value": value, "Dimensions": [{"Name": it, "Value": of[it]} for it in of]}
        for name, value, of in (("rows", 900.0, run), ("bias_metric_DI", 0.6, run | group))
    ]
    lake.put(f"{FOLDER}cloudwatch_metrics.jsonl", "\n".join(map(json.dumps, lines)).encode())
    of_all, of_group = documents(lake)
    assert of_all["rows"] == 900.0
    assert "bias_metric_DI" not in of_all
    assert of_group["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [
        ["UseCase", "Stage", "Monitor", "Facet", "FacetValue"]
    ]
    assert of_group.items() >= {**group, "UseCase": "fraud", "bias_metric_DI": 0.6}.items()


def test_a_document_holds_at_most_a_hundred_metrics() -> None:
    lake = MemoryLake()
    lines = [{"MetricName": f"feature_baseline_drift_{it}", "Value": 0.0} for it in range(230)]
    lake.put(f"{FOLDER}cloudwatch_metrics.jsonl", "\n".join(map(json.dumps, lines)).encode())
    sizes = [len(it["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for it in documents(lake)]
    assert sizes == [100, 100, 30]


def test_violations_of_native_model_monitor_are_counted_and_their_distances_read() -> None:
    lake = MemoryLake()
    found = [
        {
            "feature_name": "amount",
            "constraint_check_type": "baseline_drift_check",
            "description": "Baseline drift distance: 0.31 exceeds threshold: 0.1",
        },
        {"metric_name": "shap", "constraint_check_type": "feature_attribution_drift_check", "description": "d"},
    ]
    lake.put(KEY, json.dumps({"violations": found}).encode())
    (document,) = documents(lake)
    assert (document["violations"], document["degraded"]) == (2.0, 1.0)
    assert document["feature_baseline_drift_amount"] == 0.31


def test_violations_that_are_not_there_yet_are_asked_for_again() -> None:
    with pytest.raises(RetryableError):
        documents(MemoryLake())


def test_what_is_no_document_of_violations_is_refused() -> None:
    lake = MemoryLake()
    lake.put(KEY, b"[]")
    with pytest.raises(RejectedError):
        documents(lake)
    with pytest.raises(RejectedError):
        documents(lake, "labels/2026/a.jsonl")
