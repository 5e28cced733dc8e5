"""The entry point of inference: API Gateway's own events in, the answer that it expects out."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from handler_calls import FEATURES, Event, logs, wire
from lambda_events import http_event
from lambda_fakes import FakeEndpoint, FakeTable
from shard_records import event

from lambdas.inference import handler as inference
from lambdas.inference.logic import Inference
from lambdas.shared.scoring import Scorer

pytestmark = pytest.mark.usefixtures("environment")


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
