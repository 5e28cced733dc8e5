"""The API of an asynchronous endpoint: accepted with an id, asked for by it, the fallback where nobody takes it."""

import json
from typing import Any

import pytest
from lambda_fakes import FakeEndpoint, FakeTable, Faults
from queued_world import USECASE, FakeQueue, ask, wired
from shard_records import event

from headrace.errors import RetryableError
from headrace.features import FeatureSet, Vector
from lambdas.inference.exchange import Request
from lambdas.inference.logic import Inference, respond
from lambdas.inference.queued import name_of
from lambdas.shared.scoring import EndpointError, Scored, Scorer
from usecases import load


def test_an_event_is_accepted_and_its_answer_found_by_id() -> None:
    queue = FakeQueue()
    function = wired(queue)
    accepted = ask(function, "POST", "/predict", event(1))
    assert (accepted.status, accepted.body["inference_id"], accepted.body["result"]) == (
        202,
        "e000001",
        "/predict/e000001",
    )
    assert accepted.body["output_location"] == "s3://lake/answers/e000001.out"
    assert accepted.counts == {"Requests": 1, "Events": 1, "Refused": 0, "Scored": 0, "Degraded": 0}
    assert ask(function, "GET", "/predict/e000001").body == {"inference_id": "e000001", "status": "pending"}
    queue.answers["e000001"] = Scored(0.5, "REVIEW", "7")
    done = ask(function, "GET", "/predict/e000001")
    assert (done.status, done.body["status"]) == (200, "done")
    assert done.body["prediction"] == {
        "event_id": "e000001",
        "score": 0.5,
        "decision": "REVIEW",
        "model_version": "7",
        "degraded": False,
    }


def test_the_model_gets_the_features_that_an_answer_at_once_would_have_had() -> None:
    queue, endpoint = FakeQueue(), FakeEndpoint()
    ask(wired(queue), "POST", "/predict", event(1, amount=12.5), explain="true")
    vector, _, explain = queue.taken["e000001"]
    assert (vector["amount"], explain) == (12.5, 5)
    at_once = FeatureSet(load("fraud"))
    function = Inference(
        features=at_once, reader=FakeTable(), scorer=Scorer(endpoint=endpoint, call_s=0.1, deadline_s=1.0)
    )
    seen: list[Vector] = []
    endpoint.predict = lambda vectors, **_: seen.extend(vectors) or [Scored(0.1, "APPROVE", "7")]  # type: ignore[func-returns-value]  # spy
    respond(Request("POST", "/predict", "application/json", json.dumps(event(1, amount=12.5)).encode()), function)
    assert seen == [vector]


def test_reasons_come_with_the_answer_that_has_them() -> None:
    reason = {"feature": "amount", "value": 1.0, "contribution": 0.5}
    queue = FakeQueue(answers={"e000001": Scored(0.5, "REVIEW", "7", reasons=(reason,))})
    function = wired(queue)
    ask(function, "POST", "/predict", event(1))
    prediction: Any = ask(function, "GET", "/predict/e000001").body["prediction"]
    assert prediction["reasons"] == [reason]


def test_a_failed_request_has_the_fallback_and_why() -> None:
    queue = FakeQueue(answers={"e000001": Scored(degraded="endpoint_error")})
    function = wired(queue)
    ask(function, "POST", "/predict", event(1))
    failed = ask(function, "GET", "/predict/e000001")
    prediction: Any = failed.body["prediction"]
    assert (failed.status, failed.body["status"]) == (200, "failed")
    assert prediction["decision"] == USECASE.decision.fallback
    assert (prediction["degraded"], prediction["reason"]) == (True, "endpoint_error")


@pytest.mark.parametrize(
    ("failure", "faults", "reason"),
    [
        (EndpointError("no_model", passing=False), None, "no_model"),
        (EndpointError("endpoint_throttled", passing=True), None, "endpoint_throttled"),
        (None, Faults(["throttle"]), "state_error"),
        (ZeroDivisionError("amount was 420"), None, "internal_error"),
    ],
)
def test_an_event_that_nobody_takes_is_answered_with_the_fallback(
    failure: Exception | None, faults: Faults | None, reason: str
) -> None:
    answer = ask(wired(FakeQueue(failure=failure), faults), "POST", "/predict", event(1))
    assert (answer.status, answer.body["reason"], answer.body["degraded"]) == (200, reason, True)
    assert (answer.counts["Degraded"], answer.reasons) == (1, (reason,))
    assert "420" not in str(answer.trouble)
    assert (answer.trouble is not None) is (reason == "internal_error")


@pytest.mark.parametrize("failure", [RetryableError("slow down"), ValueError("no ticket of 420")])
def test_while_the_lake_is_down_nobody_says_what_is_not_known(failure: Exception) -> None:
    answer = ask(wired(FakeQueue(failure=failure)), "GET", "/predict/e000001")
    assert (answer.status, answer.body) == (
        200,
        {"inference_id": "e000001", "status": "unknown", "reason": "lake_error"},
    )
    assert (answer.trouble is not None) is isinstance(failure, ValueError)
    assert "420" not in str(answer.trouble)


@pytest.mark.parametrize("name", ["e9", "../x", "", "a" * 65, "%2e"])
def test_an_id_that_was_never_accepted_is_not_found(name: str) -> None:
    answer = ask(wired(FakeQueue()), "GET", f"/predict/{name}")
    assert (answer.status, answer.counts["Refused"]) == (404, 1)


def test_other_methods_are_refused() -> None:
    assert respond(Request("DELETE", "/predict/e1", None, b""), wired(FakeQueue())).status == 405


@pytest.mark.parametrize(
    ("event_id", "own"), [("e-1_A", True), ("batch", False), ("a/b", False), ("ü", False), ("", False)]
)
def test_an_id_that_cannot_stand_in_a_path_is_hashed(event_id: str, own: bool) -> None:
    assert (name_of(event_id) == event_id) is own
    assert len(name_of(event_id)) in (len(event_id), 64)
