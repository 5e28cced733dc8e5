"""Fuzz of the API of an asynchronous endpoint: requests made from its document are answered as the document says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from api_fuzzing import CHECKS, NIGHTLY, STACK, cases
from hypothesis import given
from lambda_events import ENVIRONMENT
from lambda_fakes import Faults
from queued_world import FakeQueue, wired
from schemathesis import GenerationMode
from wsgi_gateway import gateway

from headrace.features import Vector
from lambdas.inference import handler as inference
from lambdas.inference.queued import Ticket
from lambdas.shared.scoring import EndpointError

ROUTES = [("POST", "/predict"), ("POST", "/predict/batch"), ("GET", "/predict/{inference_id}")]


class Unreliable(FakeQueue):
    """Takes two of three events."""

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        tired = len(self.handed) % 3 == 2
        self.failure = EndpointError("endpoint_throttled", passing=False) if tired else None
        if tired:
            self.handed.append("")
        return super().submit(name, vector, event_id=event_id, explain=explain)


@pytest.fixture(autouse=True)
def function(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The handler on stand-ins that fail now and then."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    made = wired(Unreliable(), Faults(["ok", "throttle"] * 20))
    monkeypatch.setattr(inference.adapters, "connect", lambda: made)
    yield
    capsys.readouterr()


@pytest.mark.parametrize("route", ROUTES, ids=lambda it: it[1])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda it: it.value)
def test_requests_made_from_the_document_are_answered_as_it_says(route: tuple[str, str], mode: GenerationMode) -> None:
    method, path = route
    schema = schemathesis.openapi.from_wsgi("/openapi.json", gateway, headers={"Authorization": "signed"})
    seen: set[int] = set()

    @cases(100 if NIGHTLY else 8)
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        response = case.call()
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)
        assert STACK not in response.text

    run()
    if mode is GenerationMode.POSITIVE:
        assert seen <= ({200, 202} if method == "POST" else {200, 404})
