"""The functions on their real adapters: what they are wired to, and what they say when they cannot be."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from dynamodb_double import Double, Recorder
from lambda_events import ENVIRONMENT, http_event, kinesis_event
from shard_records import event, label

from headrace.errors import SettingsError
from headrace.features import FeatureSet
from lambdas.delivery_transform import handler as delivery_transform
from lambdas.deployment import handler as deployment
from lambdas.enrichment import handler as enrichment
from lambdas.ground_truth import handler as ground_truth
from lambdas.inference import handler as inference
from lambdas.shared.layouts import layouts_of
from lambdas.shared.loading import features

Event = Callable[[str], Any]
pytestmark = pytest.mark.usefixtures("environment")


@pytest.mark.parametrize("module", [enrichment, ground_truth, inference, deployment])
def test_a_function_without_its_environment_says_what_is_missing(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match="USECASE is missing; STAGE is missing"):
        module.adapters.connect()


def test_the_stream_functions_run_on_their_real_adapters(aws_event: Event, lambda_context: object) -> None:
    recorder, now = Recorder(), int(time.time())
    sample = aws_event("kinesis_stream.json")
    with Double() as double:
        double.attach(inference.adapters.connect().reader._reader._reader._client)  # its own, impatient client
        enrichment.handler(kinesis_event(sample, event(1, at=now), b"rubbish"), lambda_context)
        ground_truth.handler(kinesis_event(sample, label(1, at=now - 9, labelled_at=now)), lambda_context)
        items = {(it["entity"]["S"], it["source"]["S"]) for it in double.items()}
        answer = inference.handler(
            http_event(aws_event("http_api_v2.json"), "POST", "/predict", json.dumps(event(2, at=now))), lambda_context
        )
    shard = "shardId-000000000006"
    stored = {(entity, source) for entity, source in items if entity != "#layouts"}
    assert len(items - stored) == len(layouts_of(features("fraud")))
    assert stored == {
        ("#sources", f"events#{shard}"),
        ("#sources", f"labels#{shard}"),
        ("customer#c1", f"events#{shard}"),
        ("terminal#t1", f"events#{shard}"),
        ("terminal#t1", f"labels#{shard}"),
    }
    assert [(service, path.split("/")[1]) for service, path, _ in recorder.sent] == [
        ("sagemaker-featurestore-runtime", "FeatureGroup"),
        ("sagemaker-featurestore-runtime", "FeatureGroup"),
        ("firehose", ""),
        ("s3", "quarantine"),
        ("s3", "ground-truth"),
        ("s3", "labels"),
    ]
    assert {path for _, path, _ in recorder.sent[:2]} == {"/FeatureGroup/customers", "/FeatureGroup/terminals"}
    assert json.loads(recorder.sent[2][2])["DeliveryStreamName"] == "features"
    assert json.loads(str(answer["body"]))["reason"] == "no_model"


def test_an_entity_whose_snapshots_have_no_group_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEATURE_GROUPS", "customer=customers")
    with pytest.raises(SettingsError, match="FEATURE_GROUPS names no group of 'terminal'"):
        enrichment.adapters.connect()


def test_a_use_case_without_snapshots_needs_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEATURE_GROUPS")
    usecase = features("fraud").usecase
    bare = replace(usecase, entities=tuple(replace(it, snapshot=None) for it in usecase.entities))
    monkeypatch.setattr(enrichment.adapters, "features", lambda _: FeatureSet(bare))
    assert enrichment.adapters.connect().snapshots is None


def test_deployment_may_touch_one_stack_and_one_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_NAME", "headrace-fraud-dev")
    function = deployment.adapters.connect()
    assert (function.group, function.parameter) == ("versionedmp-p-idy6c3e1fiqj", "ModelPackageArn")
    assert (function.stack_name, function.endpoint_name) == ("headrace-fraud-dev-endpoint", "headrace-fraud-dev")
    assert function.capture is None


def test_deployment_looks_for_captures_where_requests_are_captured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAPTURE_PERCENT", "20")
    function = deployment.adapters.connect()
    assert function.capture is not None
    assert function.capture.percent == 20
    assert function.endpoint is None, "an endpoint without a name is none"


def test_scoring_functions_get_clients_that_cannot_outlast_their_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_NAME", "headrace-fraud-dev")
    monkeypatch.setenv("ENDPOINT_TIMEOUT_S", "1.5")
    scorer = inference.adapters.connect().scorer
    config = scorer.endpoint._endpoint._client.meta.config  # type: ignore[union-attr]  # what is on the wire
    assert (config.connect_timeout + config.read_timeout) * 2 <= scorer.deadline_s == 1.5
    stream = enrichment.adapters.connect().scorer
    assert stream is not None
    assert (stream.call_s, stream.deadline_s) == (1.5, 10.0)


def test_the_mask_key_is_read_once_where_a_secret_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    monkeypatch.setenv("MASK_KEY_SECRET_ARN", "arn:secret")
    for module in (enrichment, ground_truth, delivery_transform):
        monkeypatch.setattr(module.adapters, "mask_key", lambda client, arn: reads.append(arn) or b"k")
    assert enrichment.adapters.connect().mask_key == b"k"
    assert ground_truth.adapters.connect().mask_key == b"k"
    assert delivery_transform.adapters.key() == delivery_transform.adapters.key() == b"k"
    assert reads == ["arn:secret"] * 3
