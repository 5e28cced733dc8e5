"""The five entry points: AWS's own events in, the answer that AWS expects out, metrics and logs on the way."""

import base64
import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from lambda_events import ENVIRONMENT, http_event, kinesis_event
from lambda_fakes import FakeEndpoint, FakeLog, FakeStore, FakeTable, Faults, event, label
from rollout_world import World

from headrace.features import FeatureSet
from lambdas.delivery_transform import handler as delivery_transform
from lambdas.deployment import handler as deployment
from lambdas.enrichment import handler as enrichment
from lambdas.enrichment.logic import Enrichment
from lambdas.ground_truth import handler as ground_truth
from lambdas.ground_truth.logic import GroundTruth
from lambdas.inference import handler as inference
from lambdas.inference.logic import Inference
from lambdas.shared.scoring import Scorer
from usecases import load

FEATURES = FeatureSet(load("fraud"))
Event = Callable[[str], Any]
pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, Any]]:
    """The one line of metrics that the last call printed, by name."""

    def read() -> dict[str, Any]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        (found,) = [line for line in lines if "_aws" in line]
        assert found["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Headrace"
        assert (found["UseCase"], found["Stage"]) == ("fraud", "dev")
        return dict(found)

    return read


def logs(module: ModuleType) -> io.StringIO:
    """What the function logs from now on."""
    stream = io.StringIO()
    module.logger.registered_handler.setStream(stream)
    return stream


def wire(monkeypatch: pytest.MonkeyPatch, module: ModuleType, function: object) -> None:
    monkeypatch.setattr(module.adapters, "connect", lambda: function)


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


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inference with a model."""
    scorer = Scorer(endpoint=FakeEndpoint(), call_s=1, deadline_s=1)
    wire(monkeypatch, inference, Inference(features=FEATURES, reader=FakeTable(), scorer=scorer))


def test_inference_answers_the_documented_event_of_another_route_with_not_found(
    answering: None, aws_event: Event, lambda_context: object
) -> None:
    answer = inference.handler(aws_event("http_api_v2.json"), lambda_context)
    assert answer["statusCode"] == 404


@pytest.mark.parametrize("encoded", [False, True])
def test_inference_answers_a_prediction_whether_or_not_the_body_is_encoded(
    encoded: bool, answering: None, aws_event: Event, lambda_context: object, metrics: Callable[[], dict[str, Any]]
) -> None:
    body = json.dumps(event(1))
    sent = base64.b64encode(body.encode()).decode() if encoded else body
    answer = inference.handler(
        http_event(aws_event("http_api_v2.json"), "POST", "/predict", sent, encoded=encoded), lambda_context
    )
    sent_back = {"content-type": "application/json", "x-correlation-id": "52fdfc07-2182-154f-163f-5f0f9a621d72"}
    assert (answer["statusCode"], answer["headers"]) == (200, sent_back)
    assert json.loads(str(answer["body"]))["event_id"] == "e000001"
    assert metrics()["Scored"] == [1.0]


def test_inference_finds_its_routes_behind_a_named_stage(
    answering: None, aws_event: Event, lambda_context: object
) -> None:
    made = http_event(aws_event("http_api_v2.json"), "GET", "/prod/health", None)
    made["requestContext"]["stage"] = "prod"
    assert inference.handler(made, lambda_context)["statusCode"] == 200


def test_inference_answers_half_a_character_with_what_is_wrong(
    answering: None, aws_event: Event, lambda_context: object
) -> None:
    made = http_event(aws_event("http_api_v2.json"), "POST", "/predict", "\ud800")
    assert inference.handler(made, lambda_context)["statusCode"] == 400


def test_inference_logs_the_reason_of_a_fallback(
    aws_event: Event, lambda_context: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = logs(inference)
    scorer = Scorer(endpoint=None, call_s=1, deadline_s=1)
    wire(monkeypatch, inference, Inference(features=FEATURES, reader=FakeTable(), scorer=scorer))
    answer = inference.handler(
        http_event(aws_event("http_api_v2.json"), "POST", "/predict", json.dumps(event(1))), lambda_context
    )
    assert json.loads(str(answer["body"]))["reason"] == "no_model"
    assert json.loads(printed.getvalue())["reason"] == "no_model"


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
