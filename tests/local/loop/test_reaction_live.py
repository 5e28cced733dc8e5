"""Drift through the deployed loop: found, decided, trained on a set from the lake, gated, told, recorded; lock free."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fed_loop import Fed

from cli.registered import packages
from headrace.monitoring import Outputs
from headrace.reaction.approval import PENDING
from lambdas.drift_response.table import ReactionTable

pytestmark = [pytest.mark.local, pytest.mark.nightly]
HOUR = 3_600


def until(found: Callable[[], Any], timeout_s: float = 240.0) -> Any:
    """The first truthy answer."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.2)
    raise AssertionError("it never came")


def machine_runs(fed: Fed) -> list[dict[str, Any]]:
    arn = fed.deployment.output("retraining", "StateMachineArn")
    runs = fed.deployment.stepfunctions.list_executions(stateMachineArn=arn)["executions"]
    return [dict(fed.deployment.stepfunctions.describe_execution(executionArn=it["executionArn"])) for it in runs]


def run_of(fed: Fed, request: str) -> dict[str, Any] | None:
    """The ended run of a request that was not the copy of another."""
    ended = [it for it in machine_runs(fed) if request in it["input"] and it["status"] != "RUNNING"]
    return ended[0] if ended else None


def items(fed: Fed, subject: str) -> list[dict[str, Any]]:
    answer = fed.deployment.dynamodb.query(
        TableName=fed.deployment.output("retraining", "ReactionTableName"),
        KeyConditionExpression="subject = :subject",
        ExpressionAttributeValues={":subject": {"S": subject}},
    )
    return list(answer["Items"])


def write_window(fed: Fed, at: int, *violations: dict[str, str]) -> None:
    """As a monitor does, and EventBridge once more."""
    endpoint = fed.deployment.output("serving", "EndpointName")
    key = Outputs(endpoint=endpoint, kind="data_quality", end=at).violations
    body = json.dumps({"violations": list(violations)}).encode()
    fed.deployment.s3.put_object(Bucket=fed.deployment.bucket, Key=key, Body=body)


def ask(fed: Fed, request: str, **given: object) -> None:
    arn = fed.deployment.output("retraining", "StateMachineArn")
    document = {"RequestId": request, "TriggerReason": "manual", "Reason": "tried by a test", **given}
    fed.deployment.stepfunctions.start_execution(stateMachineArn=arn, input=json.dumps(document))


def memory_table(fed: Fed) -> ReactionTable:
    return ReactionTable(fed.deployment.dynamodb, fed.deployment.output("retraining", "ReactionTableName"))


def turn_down_what_waits(fed: Fed) -> None:
    """As a person does: a model that waits for one holds trainings back."""
    fed.loop.wait_idle()
    sagemaker = fed.deployment.sagemaker
    for package in packages(fed.deployment):
        if sagemaker.describe_model_package(ModelPackageName=package)["ModelApprovalStatus"] == PENDING:
            sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Rejected")
    fed.loop.wait_idle()
    until(lambda: all(it.verdict != PENDING for it in memory_table(fed).memory()[0].packages))


def test_a_training_set_is_built_from_the_lake_judged_and_trained_on(fed: Fed) -> None:
    first = datetime.fromtimestamp(fed.plan.at, UTC).date() - timedelta(days=30)
    last = datetime.fromtimestamp(fed.plan.at, UTC).date() + timedelta(days=1)
    days = {"--since": first.isoformat(), "--until": last.isoformat(), "--labels_until": "2027-06-01"}
    ask(fed, "from-the-lake", TrainingSetArguments=days)
    ended = until(lambda: run_of(fed, "from-the-lake"))
    manifest = fed.deployment.s3.get_object(Bucket=fed.deployment.bucket, Key="training/current/manifest.json")
    assert json.load(manifest["Body"])
    history = fed.deployment.stepfunctions.get_execution_history(executionArn=ended["executionArn"], maxResults=1_000)
    entered = [it["stateEnteredEventDetails"]["name"] for it in history["events"] if "stateEnteredEventDetails" in it]
    assert ended["status"] == "SUCCEEDED" or ended["error"] in ("ModelRefused", "TrainingSetRefused"), ended
    assert entered.index("Build training set") < entered.index("Judge training set") < entered.index("Release")
    assert "Start" in entered, ended
    assert not items(fed, "lock")


def test_lasting_drift_leads_to_one_retraining_with_its_reason_and_outcome(fed: Fed) -> None:
    drift = {
        "feature_name": "amount",
        "constraint_check_type": "baseline_drift_check",
        "description": "Baseline drift distance: 0.45 exceeds threshold: 0.1",
    }
    until(lambda: not items(fed, "lock"))
    turn_down_what_waits(fed)
    start = int(fed.loop.now()) // HOUR * HOUR + HOUR
    for number in (1, 2, 3):
        write_window(fed, start + number * HOUR, drift)
        fed.loop.wait_idle()
    decided = [json.loads(it["record"]["S"]) for it in items(fed, "decision")]
    asked = [it for it in decided if it["action"] == "retrain"]
    assert len(asked) == 1, [(it["action"], it["reason"]) for it in decided]
    ended = until(lambda: run_of(fed, asked[0]["id"]))
    given = json.loads(ended["input"])
    assert (given["TriggerReason"], given["DriftSeverity"]) == ("drift", "high")
    assert "amount 0.45, for 3 windows" in given["Reason"]
    outcome = until(lambda: [it for it in items(fed, "decision") if "outcome" in it])
    assert outcome[0]["entry_id"]["S"] == asked[0]["id"]
    fed.loop.wait_idle()
    assert not items(fed, "lock")
    assert not memory_table(fed).memory()[0].running
    assert all(not it["open"]["BOOL"] for it in items(fed, "decision"))
    lake = fed.deployment.s3.list_objects_v2(Bucket=fed.deployment.bucket, Prefix="decisions/")
    assert len(lake["Contents"]) == len(items(fed, "decision"))
