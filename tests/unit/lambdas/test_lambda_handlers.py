"""The entry points of streams, deliveries and queues: AWS's own events in, the answer that AWS expects out."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from handler_calls import FEATURES, Event, logs, wire
from lambda_events import ENVIRONMENT, kinesis_event
from lambda_fakes import FakeLog, FakeStore, FakeTable, Faults
from rollout_world import World
from shard_records import event, label

from lambdas.delivery_transform import handler as delivery_transform
from lambdas.deployment import handler as deployment
from lambdas.enrichment import handler as enrichment
from lambdas.enrichment.logic import Enrichment
from lambdas.ground_truth import handler as ground_truth
from lambdas.ground_truth.logic import GroundTruth

pytestmark = pytest.mark.usefixtures("environment")


def test_enrichment_takes_kinesis_documented_event_and_quarantines_what_is_no_event(
    aws_event: Event, lambda_context: object, monkeypatch: pytest.MonkeyPatch, metrics: Callable[[], dict[str, Any]]
) -> None:
    table, store = FakeTable(), FakeStore()
    wire(
        monkeypatch,
        enrichment,
        Enrichment(features=FEATURES, reader=table, writer=table, log=FakeLog(), quarantine=store, scorer=None),
    )
    assert enrichment.handler(aws_event("kinesis_stream.json"), lambda_context) == {"batchItemFailures": []}
    assert [row["shard_id"] for row in store.rows("quarantine/")] == ["shardId-000000000006"] * 2
    assert base64.b64decode(str(store.rows("quarantine/")[0]["data"])) == b"Hello, this is a test."
    found = metrics()
    assert (found["Records"], found["Quarantined"], found["Retried"]) == ([2.0], [2.0], [0.0])
    assert found["RecordAge"][0] > 0
    assert found["service"] == "enrichment"


@pytest.mark.parametrize("module", [enrichment, ground_truth])
def test_a_stream_function_reports_where_to_start_again_and_logs_why_without_personal_data(
    module: ModuleType, aws_event: Event, lambda_context: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, store = FakeTable(Faults(["throttle"])), FakeStore()
    wire(
        monkeypatch,
        enrichment,
        Enrichment(features=FEATURES, reader=table, writer=table, log=FakeLog(), quarantine=store, scorer=None),
    )
    wire(monkeypatch, ground_truth, GroundTruth(features=FEATURES, reader=table, writer=table, lake=store))
    sample, printed = aws_event("kinesis_stream.json"), logs(module)
    now = int(time.time())
    body = (
        event(1, at=now, customer="secret")
        if module is enrichment
        else label(1, at=now - 9, customer="secret", labelled_at=now)
    )
    answer = module.handler(kinesis_event(sample, body), lambda_context)
    first = sample["Records"][0]["kinesis"]["sequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": first}]}
    line = json.loads(printed.getvalue())
    assert (line["message"], line["problem"]) == ("the batch is tried again in part", "slow down")
    assert "secret" not in printed.getvalue()


def test_ground_truth_takes_a_kinesis_event_and_files_its_labels(
    aws_event: Event, lambda_context: object, monkeypatch: pytest.MonkeyPatch, metrics: Callable[[], dict[str, Any]]
) -> None:
    table, store = FakeTable(), FakeStore()
    wire(monkeypatch, ground_truth, GroundTruth(features=FEATURES, reader=table, writer=table, lake=store))
    made = kinesis_event(aws_event("kinesis_stream.json"), label(1), b"rubbish")
    assert ground_truth.handler(made, lambda_context) == {"batchItemFailures": []}
    assert len(store.rows("labels/")) == len(store.rows("ground-truth/")) == len(store.rows("quarantine/")) == 1
    assert metrics()["Stored"] == [1.0]


@pytest.mark.parametrize("name", ["firehose_kinesis_source.json", "firehose_direct_put.json"])
def test_the_delivery_transform_answers_every_record_of_firehoses_documented_event(
    name: str, aws_event: Event, lambda_context: object, metrics: Callable[[], dict[str, Any]]
) -> None:
    sample = aws_event(name)
    answer = delivery_transform.handler(sample, lambda_context)
    assert answer == {
        "records": [{"recordId": it["recordId"], "result": "ProcessingFailed"} for it in sample["records"]]
    }
    assert metrics()["Rejected"] == [float(len(sample["records"]))]


@pytest.mark.parametrize("arrived", [1_700_000_000_123, "2023-11-14T22:13:20.123Z"], ids=["number", "text"])
def test_a_delivered_event_carries_its_place_in_the_stream(
    arrived: object, aws_event: Event, lambda_context: object
) -> None:
    sample = aws_event("firehose_kinesis_source.json")
    record = sample["records"][0]
    record |= {
        "data": base64.b64encode(json.dumps(event(1)).encode()).decode(),
        "approximateArrivalTimestamp": 1_700_000_000_123,
    }
    record["kinesisRecordMetadata"]["approximateArrivalTimestamp"] = arrived
    answers = delivery_transform.handler({**sample, "records": [record]}, lambda_context)["records"]
    assert isinstance(answers, list)
    row = json.loads(base64.b64decode(answers[0]["data"]))
    assert (row["shard_id"], row["sequence_number"], row["arrived_at"]) == (
        "shardId-000000000000",
        record["kinesisRecordMetadata"]["sequenceNumber"],
        "2023-11-14T22:13:20.123Z",
    )


def queue_event(sample: Any, aws_event: Event) -> Any:
    """The documented queue event around the documented approval, and a message that is none."""
    approval = aws_event("sagemaker_model_package_state_change.json")
    approval["detail"]["ModelApprovalStatus"] = "Approved"
    sample["Records"][0]["body"] = json.dumps(approval)
    return sample


@pytest.mark.parametrize(
    ("status", "kept", "updates"),
    [("CREATE_COMPLETE", [1], 1), ("UPDATE_IN_PROGRESS", [1, 0], 0), ("UPDATE_ROLLBACK_FAILED", [1, 0], 0)],
)
def test_deployment_keeps_in_the_queue_what_has_to_wait_or_needs_people(  # noqa: PLR0917  # fixtures and a table
    status: str,
    kept: list[int],
    updates: int,
    aws_event: Event,
    lambda_context: object,
    monkeypatch: pytest.MonkeyPatch,
    metrics: Callable[[], dict[str, Any]],
) -> None:
    monkeypatch.setenv("ENDPOINT_NAME", "headrace-fraud-dev")
    world = World(status=status)
    wire(monkeypatch, deployment, replace(world.function, group=ENVIRONMENT["MODEL_PACKAGE_GROUP"]))
    made = queue_event(aws_event("sqs.json"), aws_event)
    answer = deployment.handler(made, lambda_context)
    ids = [made["Records"][number]["messageId"] for number in kept]
    assert answer == {"batchItemFailures": [{"itemIdentifier": it} for it in ids]}
    assert len(world.updates) == updates
    assert metrics()["DeploymentBlocked"] == [2.0 if status == "UPDATE_ROLLBACK_FAILED" else 1.0]
