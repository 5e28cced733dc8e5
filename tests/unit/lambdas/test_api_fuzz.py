"""Fuzz: whatever is sent, the API never fails, shows no stack, and answers as its own document says.

Requests made from the document, right ones and wrong ones (schemathesis), and raw events as API Gateway might send
them (Hypothesis). Everything runs in this process; ``HYPOTHESIS_PROFILE=nightly`` gives it many more cases.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from api_fuzzing import CHECKS, NIGHTLY, STACK, cases
from hypothesis import given
from hypothesis import strategies as st
from lambda_events import ENVIRONMENT
from lambda_fakes import FakeEndpoint, FakeTable, Faults
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection
from shard_records import event
from wsgi_gateway import call, gateway

from headrace.features import FeatureSet
from headrace.usecase import Api
from lambdas.inference import handler as inference
from lambdas.inference.logic import Inference
from lambdas.shared.scoring import EndpointError, Scorer
from usecases import load

FEATURES = FeatureSet(replace(load("fraud"), api=Api(batch_events=3)))
ROUTES = [("POST", "/predict"), ("POST", "/predict/batch"), ("GET", "/health"), ("GET", "/openapi.json")]
CASES = {"/predict": 250, "/predict/batch": 150} if NIGHTLY else {}
"""Where bodies are drawn, almost all the time goes into drawing them: a wrong batch takes a fifth of a second. In all,
a nightly run takes three minutes on a busy machine."""
OTHER_CASES = 100 if NIGHTLY else 25


@pytest.fixture(autouse=True)
def wired(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The handler on stand-ins of which every third call fails, each in another way."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    table, endpoint = FakeTable(Faults(_troubles())), FakeEndpoint()
    scorer = Scorer(endpoint=Unreliable(endpoint), call_s=1, deadline_s=1, sleep=lambda _: None)
    function = Inference(features=FEATURES, reader=table, scorer=scorer)
    monkeypatch.setattr(inference.adapters, "connect", lambda: function)
    yield
    capsys.readouterr()


def _troubles() -> Iterator[str]:
    while True:
        yield from ("ok", "ok", "throttle")


class Unreliable:
    """A model that fails at every third call."""

    def __init__(self, endpoint: FakeEndpoint) -> None:
        self.endpoint, self.calls = endpoint, 0

    def predict(self, *args: Any, **named: Any) -> Any:
        """Predict, or not."""
        self.calls += 1
        if self.calls % 3 == 0:
            raise EndpointError("endpoint_throttled", passing=False)
        return self.endpoint.predict(*args, **named)


@pytest.mark.parametrize("route", ROUTES, ids=lambda it: it[1])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda it: it.value)
def test_requests_made_from_the_document_are_answered_as_it_says(route: tuple[str, str], mode: GenerationMode) -> None:
    method, path = route
    schema = schemathesis.openapi.from_wsgi("/openapi.json", gateway, headers={"Authorization": "signed"})
    seen: set[int] = set()
    # Of a batch, wrong events are refused in their places; what reads nothing has nothing to refuse.
    strict = mode is GenerationMode.NEGATIVE and path == "/predict"

    @cases(CASES.get(path, OTHER_CASES))
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        response = case.call()
        seen.add(response.status_code)
        checks = [*CHECKS, negative_data_rejection] if strict else CHECKS
        case.validate_response(response, checks=checks)
        assert STACK not in response.text

    run()
    if mode is GenerationMode.POSITIVE:
        assert seen == {200}


TEXT = st.text(max_size=20)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BODY = st.one_of(
    st.none(),
    st.text(max_size=60),
    JUNK.map(json.dumps),
    st.dictionaries(st.sampled_from([*event(1), "events", "x"]), JUNK, max_size=6).map(
        lambda it: json.dumps(event(1) | it)
    ),
    st.lists(JUNK | st.just(event(1)), max_size=4).map(lambda it: json.dumps({"events": it})),
)
PATH = st.sampled_from([path for _, path in ROUTES]) | TEXT
METHOD = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]) | TEXT
HEADERS = st.none() | st.dictionaries(
    st.sampled_from(["content-type", "Content-Type", "x-correlation-id", "X-Correlation-Id"]) | TEXT,
    st.sampled_from(["application/json"]) | TEXT,
    max_size=3,
)
QUERY = st.none() | st.dictionaries(st.sampled_from(["explain"]) | TEXT, st.sampled_from(["true", "false"]) | TEXT)
SHARED = {"headers": HEADERS, "queryStringParameters": QUERY, "body": BODY, "isBase64Encoded": st.booleans()}
HTTP = st.fixed_dictionaries(
    {
        **SHARED,
        "version": st.just("2.0"),
        "rawPath": PATH,
        "requestContext": st.fixed_dictionaries(
            {"http": st.fixed_dictionaries({"method": METHOD, "path": PATH}), "stage": st.just("$default") | TEXT}
        ),
    }
)
REST = st.fixed_dictionaries({**SHARED, "httpMethod": METHOD, "path": PATH, "requestContext": st.just({})})
BROKEN = st.dictionaries(st.sampled_from(["headers", "body", "rawPath", "path", "requestContext", "httpMethod"]), JUNK)


@cases(3_000 if NIGHTLY else 300)
@given(raw=HTTP | REST | BROKEN | JUNK)
def test_no_event_whatever_is_a_server_error_or_shows_a_stack(raw: object) -> None:
    answer: Any = call(raw)
    assert answer["statusCode"] in {200, 400, 404, 405, 413, 415}
    assert STACK not in answer["body"]
    body = json.loads(answer["body"])
    if answer["statusCode"] != HTTPStatus.OK:
        assert body["error"]["reason"]
    assert all(isinstance(value, str) and value.isprintable() for value in answer["headers"].values())


@cases(700 if NIGHTLY else 100)
@given(bodies=st.lists(BODY, min_size=2, max_size=4))
def test_a_request_leaves_nothing_behind_that_changes_the_next_answer(bodies: list[str | None]) -> None:
    """The same request before and after others gets the same answer, unless something failed on the way."""
    asked = {"httpMethod": "POST", "path": "/predict", "body": json.dumps(event(1)), "requestContext": {}}
    before: Any = call(asked)
    for body in bodies:
        call({**asked, "body": body})
    after: Any = call(asked)
    answers = [json.loads(it["body"]) for it in (before, after)]
    if not any(it["degraded"] for it in answers):
        assert answers[0] == answers[1]
