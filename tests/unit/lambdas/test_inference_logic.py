"""Inference: a wrong request is told what is wrong; any other is answered, if need be with the fallback."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lambda_fakes import FakeEndpoint, FakeLog, FakeStore, FakeTable, Faults
from shard_records import START, event, record

from headrace.features import FeatureSet
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.inference.exchange import Answer, Request
from lambdas.inference.logic import Inference, respond
from lambdas.shared.failures import DependencyError
from lambdas.shared.scoring import EndpointError, Scorer
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StoredState
from usecases import load

FEATURES = FeatureSet(load("fraud"))


def wired(endpoint: FakeEndpoint | None, table: FakeTable | None = None) -> Inference:
    scorer = Scorer(endpoint=endpoint, call_s=0.1, deadline_s=1.0, sleep=lambda _: None)
    return Inference(features=FEATURES, reader=table or FakeTable(), scorer=scorer)


def predict(body: object, function: Inference | None = None, content_type: str | None = "application/json") -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return respond(Request("POST", "/predict", content_type, data), function or wired(FakeEndpoint()))


def error_of(answer: Answer) -> dict[str, object]:
    error = answer.body["error"]
    assert isinstance(error, dict)
    return error


def test_an_event_is_answered_with_score_decision_and_model_version() -> None:
    answer = predict(event(1, amount=12.0))
    assert answer.status == 200
    assert answer.headers == {"content-type": "application/json"}
    assert answer.body["score"] is not None
    assert {name: answer.body[name] for name in ("event_id", "decision", "model_version", "degraded")} == {
        "event_id": "e000001",
        "decision": "APPROVE",
        "model_version": "7",
        "degraded": False,
    }
    assert "reason" not in answer.body
    assert answer.counts == {"Requests": 1, "Events": 1, "Refused": 0, "Scored": 1, "Degraded": 0}


def test_the_answer_is_captured_under_the_events_id() -> None:
    endpoint = FakeEndpoint()
    predict(event(1), wired(endpoint))
    assert endpoint.calls == [(1, "e000001")]


@pytest.mark.parametrize("streamed_first", [True, False], ids=["after the stream", "before the stream"])
def test_a_request_gets_the_score_of_the_stream_whichever_comes_first(streamed_first: bool) -> None:
    table, log = FakeTable(), FakeLog()
    endpoint = FakeEndpoint()
    stream = Enrichment(
        features=FEATURES,
        reader=table,
        writer=table,
        log=log,
        quarantine=FakeStore(),
        scorer=Scorer(endpoint=endpoint, call_s=1, deadline_s=1),
    )
    enrich([record(number, event(number, at=START + number, amount=number + 0.3)) for number in range(5)], stream)
    now = event(9, at=START + 9, amount=77.7)
    if streamed_first:
        enrich([record(9, now)], stream)
    answer = predict(now, wired(endpoint, table))
    if not streamed_first:
        enrich([record(9, now)], stream)
    assert answer.body["score"] == log.rows[-1]["score"]
    assert answer.body["score"] not in (None, 0.0)


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (b"{", None, "is not JSON"),
        (b"\xff", None, "is not UTF-8"),
        ([], None, "is not a JSON object"),
        (event(1) | {"colour": "red"}, "colour", "is not a field of the event"),
        (event(1) | {"amount": -1}, "amount", "is below 0"),
        ({**event(1), "terminal_id": None}, "terminal_id", "is missing"),
        (event(1) | {"timestamp": "yesterday"}, "timestamp", "is not an ISO-8601 time"),
        (b'{"event_id": "a", "event_id": "b"}', "event_id", "is there twice"),
        (b'{"amount": NaN}', None, "NaN is not JSON"),
    ],
)
def test_a_wrong_event_is_told_which_field_and_why(body: object, field: str | None, reason: str) -> None:
    answer = predict(body)
    assert (answer.status, error_of(answer)) == (400, {"field": field, "reason": reason})
    assert answer.counts == {"Requests": 1, "Events": 0, "Refused": 1, "Scored": 0, "Degraded": 0}


def test_a_body_above_the_limit_is_refused_before_it_is_read() -> None:
    answer = predict(b" " * 65_537)
    assert (answer.status, error_of(answer)["reason"]) == (413, "is larger than 65536 bytes")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", None])
def test_json_is_accepted_however_it_is_announced(content_type: str | None) -> None:
    assert predict(event(1), content_type=content_type).status == 200


@pytest.mark.parametrize("content_type", ["text/csv", "application/x-www-form-urlencoded", ""])
def test_any_other_content_is_refused(content_type: str) -> None:
    answer = predict(event(1), content_type=content_type)
    assert (answer.status, error_of(answer)["field"]) == (415, "content-type")


def test_health_says_which_use_case_answers() -> None:
    answer = respond(Request("GET", "/health", None, b""), wired(None))
    assert (answer.status, answer.body) == (200, {"status": "ok", "usecase": "fraud"})


@pytest.mark.parametrize(("method", "path", "allowed"), [("GET", "/predict", "POST"), ("POST", "/health", "GET")])
def test_a_route_called_with_another_method_says_which_it_takes(method: str, path: str, allowed: str) -> None:
    answer = respond(Request(method, path, None, b""), wired(None))
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_an_unknown_route_is_not_found() -> None:
    assert respond(Request("POST", "/", None, b""), wired(None)).status == 404


def fallback(answer: Answer) -> str:
    """Check that the answer is the declared fallback; returns its reason."""
    assert answer.status == 200
    assert answer.body == {
        "event_id": "e000001",
        "score": None,
        "decision": FEATURES.usecase.decision.fallback,
        "model_version": None,
        "degraded": True,
        "reason": answer.body.get("reason"),
    }
    assert answer.counts["Degraded"] == 1
    (reason,) = answer.reasons
    return reason


@pytest.mark.parametrize("reason", ["no_model", "endpoint_throttled", "endpoint_timeout", "endpoint_error"])
def test_whatever_the_endpoint_does_the_answer_is_the_fallback_and_the_reason(reason: str) -> None:
    error = EndpointError(reason, passing=False)  # type: ignore[arg-type]  # one of the reasons
    assert fallback(predict(event(1), wired(FakeEndpoint([error])))) == reason


def test_without_an_endpoint_the_answer_is_the_fallback() -> None:
    assert fallback(predict(event(1), wired(None))) == "no_model"


def test_when_the_state_cannot_be_reached_the_model_is_not_asked_about_half_a_vector() -> None:
    endpoint = FakeEndpoint()
    assert fallback(predict(event(1), wired(endpoint, FakeTable(Faults(["throttle"]))))) == "state_error"
    assert endpoint.calls == []


def test_a_missing_grant_on_the_state_is_the_fallback_too() -> None:
    class Refusing(FakeTable):
        """Denies access."""

        def read(self, keys):  # type: ignore[no-untyped-def]  # as its parent
            raise DependencyError("denied")

    assert fallback(predict(event(1), wired(FakeEndpoint(), Refusing()))) == "state_error"


def test_damaged_state_is_the_fallback_too() -> None:
    table = FakeTable()
    key = EntityKey("customer", "c1")
    table.items[key, "events#a"] = StoredState("events#a", b"damaged", NO_MARK, 1)
    assert fallback(predict(event(1), wired(FakeEndpoint(), table))) == "state_error"


@given(st.binary(max_size=200))
def test_no_body_whatever_is_a_server_error(body: bytes) -> None:
    assert predict(body).status == 400


def test_labels_of_the_use_case_are_no_fields_of_a_request() -> None:
    assert error_of(predict(event(1) | {"fraud": 1}))["field"] == "fraud"
    assert predict(event(1))._replace(allow="GET").headers["allow"] == "GET"
