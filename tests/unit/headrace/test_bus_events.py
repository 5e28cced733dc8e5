"""Our events: what is sent is what is read, and what is wrong is refused by the name of its field."""

import json
from pathlib import Path
from typing import Any

import pytest

from headrace.errors import RejectedError
from headrace.events import (
    EVENTS,
    BusEvent,
    DriftDetected,
    ModelDeployed,
    ModelRollbackRequested,
    RetrainingFinished,
    RetrainingRequested,
)
from headrace.events.documentation import page
from lambdas.deployment.messages import Request, read

WHERE = {"usecase": "fraud", "stage": "dev", "at": "2026-01-31T12:00:00Z"}
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/headrace-fraud-dev/3"
DRIFT: dict[str, Any] = {
    "decision_id": "d1",
    "kind": "data_quality",
    "severity": "high",
    "cause": "drift",
    "features": ("amount", "hour"),
    "magnitude": 0.4,
    "windows": 3,
    "reason": "amount moved",
    "source_uri": "s3://lake/monitoring/x/constraint_violations.json",
}


def test_what_is_sent_is_what_is_read() -> None:
    sent = DriftDetected(**WHERE, **DRIFT)
    entry = sent.to_entry()
    assert (entry["Source"], entry["DetailType"]) == ("headrace", "Drift Detected")
    assert DriftDetected.from_detail(json.loads(entry["Detail"])) == sent


def test_the_details_names_are_those_of_sagemakers_events() -> None:
    detail = ModelDeployed(**WHERE, model_package_arn=PACKAGE, endpoint_name="headrace-fraud-dev").to_detail()
    assert detail == {
        "UseCase": "fraud",
        "Stage": "dev",
        "At": "2026-01-31T12:00:00Z",
        "ModelPackageArn": PACKAGE,
        "PreviousModelPackageArn": "",
        "EndpointName": "headrace-fraud-dev",
    }


def test_the_deployment_function_reads_a_rollback_request_as_one() -> None:
    entry = ModelRollbackRequested(**WHERE, model_package_arn=PACKAGE, reason="worse").to_entry()
    event = {"id": "e", "source": entry["Source"], "detail-type": entry["DetailType"]}
    body = json.dumps({**event, "detail": json.loads(entry["Detail"])})
    request = read(body, group="headrace-fraud-dev", stack_name="headrace-fraud-dev-endpoint")
    assert isinstance(request, Request)
    assert request.rollback
    assert request.package.arn == PACKAGE


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"Severity": "terrible"}, "Severity"),
        ({"Magnitude": -0.1}, "Magnitude"),
        ({"Magnitude": float("nan")}, "Magnitude"),
        ({"Windows": 1.5}, "Windows"),
        ({"Windows": True}, "Windows"),
        ({"Features": "amount"}, "Features"),
        ({"Features": [1]}, "Features"),
        ({"At": "yesterday"}, "At"),
        ({"Reason": "x" * 5_000}, "Reason"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(wrong: dict[str, Any], named: str) -> None:
    detail = DriftDetected(**WHERE, **DRIFT).to_detail()
    with pytest.raises(RejectedError, match=f"^{named}: "):
        DriftDetected.from_detail({**detail, **wrong})


def test_a_missing_field_is_refused_unless_it_may_be_missing() -> None:
    detail = RetrainingRequested(**WHERE, request_id="r", trigger="manual", reason="tried").to_detail()
    del detail["Severity"]
    assert RetrainingRequested.from_detail(detail).severity == "none"
    del detail["RequestId"]
    with pytest.raises(RejectedError, match=r"^RequestId: is missing in 'Retraining Requested'"):
        RetrainingRequested.from_detail(detail)


def test_a_field_that_is_not_known_is_ignored() -> None:
    finished = RetrainingFinished(**WHERE, request_id="r", trigger="drift", outcome="refused", execution_arn="arn")
    assert RetrainingFinished.from_detail({**finished.to_detail(), "Later": 1}) == finished


def test_a_detail_that_is_no_object_is_refused() -> None:
    with pytest.raises(RejectedError, match=r"^detail: "):
        ModelDeployed.from_detail(["x"])  # type: ignore[arg-type]  # as it may come from outside


@pytest.mark.parametrize("event", EVENTS, ids=lambda it: it.__name__)
def test_every_field_is_in_the_schema_with_its_meaning(event: type[BusEvent]) -> None:
    schema = event.schema()
    assert schema["title"] == event.detail_type
    assert set(schema["required"]) <= schema["properties"].keys()
    assert all(it["type"] and it["description"] for it in schema["properties"].values())


def test_the_page_is_what_the_code_says() -> None:
    path = Path(__file__).resolve().parents[3] / "docs" / "events.md"
    assert path.read_text() == page(), "run python -m headrace.events.documentation > docs/events.md"
