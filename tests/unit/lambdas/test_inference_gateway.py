"""Both formats in which API Gateway calls a function, and what an answer leaves in log and metrics."""

import base64
import io
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lambda_events import http_event
from lambda_fakes import FakeEndpoint, FakeTable
from shard_records import event

from headrace.features import FeatureSet
from headrace.usecase import Api
from lambdas.inference import handler as inference
from lambdas.inference.exchange import Request, refusal
from lambdas.inference.gateway import request_of
from lambdas.inference.logic import Inference, respond
from lambdas.inference.report import Report
from lambdas.inference.settings import Settings
from lambdas.shared.counters import Counters
from lambdas.shared.scoring import Scorer
from usecases import load

FRAUD = load("fraud")
Event = Callable[[str], Any]


def wired(endpoint: FakeEndpoint | None) -> Inference:
    scorer = Scorer(endpoint=endpoint, call_s=1, deadline_s=1, sleep=lambda _: None)
    return Inference(features=FeatureSet(FRAUD), reader=FakeTable(), scorer=scorer)


def rest_event(sample: Any, method: str, path: str, body: str | None, **changes: object) -> Any:
    """The documented event of a REST API with another request."""
    return sample | {"httpMethod": method, "path": path, "body": body} | changes


def test_the_documented_events_of_both_formats_are_read_alike(aws_event: Event) -> None:
    http, rest = aws_event("http_api_v2.json"), aws_event("rest_api_v1.json")
    seen = request_of(http, request_id="r")
    assert (seen.method, seen.path, seen.query["parameter2"]) == ("POST", "/my/path", "value")
    seen = request_of(rest, request_id="r")
    assert seen == Request(
        "GET", "/my/path", None, b"Hello from Lambda!", {"parameter1": "value1", "parameter2": "value"}, "r"
    )


def test_a_rest_api_gets_the_same_answer_as_an_http_api(
    aws_event: Event, lambda_context: object, monkeypatch: pytest.MonkeyPatch, environment: None
) -> None:
    monkeypatch.setattr(inference.adapters, "connect", lambda: wired(FakeEndpoint()))
    body = json.dumps(event(1))
    answers = [
        inference.handler(http_event(aws_event("http_api_v2.json"), "POST", "/predict", body), lambda_context),
        inference.handler(
            rest_event(
                aws_event("rest_api_v1.json"), "POST", "/predict", body, headers={"Content-Type": "application/json"}
            ),
            lambda_context,
        ),
        inference.handler(
            rest_event(aws_event("rest_api_v1.json"), "POST", "/predict", body, headers=None), lambda_context
        ),
    ]
    assert answers[0]["statusCode"] == 200
    assert answers[0] == answers[1] == answers[2]


def test_a_body_that_is_not_the_base64_that_it_says_is_refused(aws_event: Event) -> None:
    made = rest_event(aws_event("rest_api_v1.json"), "POST", "/predict", "a", isBase64Encoded=True, headers={})
    seen = request_of(made, request_id="r")
    assert seen.body is None
    answer = respond(seen, wired(None))
    assert (answer.status, answer.body) == (
        400,
        {"error": {"field": None, "reason": "is not the base64 that it says it is"}},
    )
    made["body"] = base64.b64encode(b"{").decode()
    assert request_of(made, request_id="r").body == b"{"


@pytest.mark.parametrize("junk", [None, [], {}, {"requestContext": 7}, {"requestContext": {"http": {}}, "headers": []}])
def test_an_event_of_no_api_finds_no_route(junk: object) -> None:
    assert respond(request_of(junk, request_id="r"), wired(None)).status == 404


@pytest.mark.parametrize("header", ["x-correlation-id", "X-Correlation-ID"])
def test_a_callers_correlation_id_comes_back_and_stands_in_the_log(
    header: str, aws_event: Event, lambda_context: object, monkeypatch: pytest.MonkeyPatch, environment: None
) -> None:
    printed = io.StringIO()
    inference.logger.registered_handler.setStream(printed)
    monkeypatch.setattr(inference.adapters, "connect", lambda: wired(None))
    made = http_event(aws_event("http_api_v2.json"), "POST", "/predict", json.dumps(event(1, customer="secret")))
    made["headers"][header] = "checkout-17"
    answer = inference.handler(made, lambda_context)
    assert answer["headers"]["x-correlation-id"] == "checkout-17"  # type: ignore[index]  # a mapping
    line = json.loads(printed.getvalue())
    assert (line["correlation_id"], line["reason"], line["status"], line["events"]) == (
        "checkout-17",
        "no_model",
        200,
        1,
    )
    assert not {"secret", "e000001", "t1"} & set(printed.getvalue().split('"'))


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "ü", "line\nbreak"])
def test_a_correlation_id_that_could_spoil_a_log_is_replaced(given: str, aws_event: Event) -> None:
    made = http_event(aws_event("http_api_v2.json"), "GET", "/health", None)
    made["headers"]["x-correlation-id"] = given
    assert request_of(made, request_id="the request's own").correlation_id == "the request's own"


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line's level."""
        self.levels.append(record.levelname)


def reported(api: Api, draws: list[float], requests: list[Request], function: Inference) -> list[str]:
    """Report answers; returns the levels of the log's lines."""
    lines = Lines()
    logger = logging.Logger("reported")
    logger.addHandler(lines)
    settings = Settings(usecase="fraud", stage="dev", state_table="t")
    report = Report(logger, settings, api, draw=iter(draws).__next__)  # type: ignore[arg-type]  # the part that is used
    for request in requests:
        report.write(request, respond(request, function), elapsed_ms=1.0)
    return lines.levels


def metrics(capsys: pytest.CaptureFixture[str], name: str) -> list[float]:
    return [json.loads(line)[name][0] for line in capsys.readouterr().out.splitlines()]


ASKED = Request("POST", "/predict", None, json.dumps(event(1)).encode())
WRONG = Request("POST", "/predict", None, b"{")


def test_log_and_metrics_are_drawn_by_their_shares_and_counts_stay_true(capsys: pytest.CaptureFixture[str]) -> None:
    api = Api(metrics_share=0.25, log_share=0.5)
    draws = [0.2, 0.4, 0.3, 0.6, 0.9, 0.1]  # metrics, log; metrics, log; ...
    assert reported(api, draws, [ASKED] * 3, wired(FakeEndpoint())) == ["INFO", "INFO"]
    assert metrics(capsys, "Scored") == [4.0]


def test_what_is_degraded_is_always_logged_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    api = Api(metrics_share=0.0, log_share=0.0)
    assert reported(api, [], [ASKED], wired(None)) == ["WARNING"]
    assert metrics(capsys, "Degraded") == [1.0]


def test_what_is_refused_is_always_counted_and_not_logged_unless_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(Api(metrics_share=0.0, log_share=0.0), [0.5], [WRONG], wired(None)) == []
    assert metrics(capsys, "Refused") == [1.0]


def test_our_own_mistakes_are_errors_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    function = replace(wired(None), reader=None)  # type: ignore[arg-type]  # the mistake
    assert reported(Api(), [], [ASKED], function) == ["ERROR"]
    assert metrics(capsys, "Degraded") == [1.0]


def test_counters_are_a_line_of_the_embedded_format_whatever_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    counters = Counters(namespace="N", dimensions={"UseCase": '50 %"'}, names=["Asked", "%s"], clock=lambda: 7.5)
    counters.write({"Asked": 2}, ordinary=True)
    assert json.loads(capsys.readouterr().out) == {
        "_aws": {
            "Timestamp": 7_500,
            "CloudWatchMetrics": [
                {
                    "Namespace": "N",
                    "Dimensions": [["UseCase"]],
                    "Metrics": [{"Name": "Asked", "Unit": "Count"}, {"Name": "%s", "Unit": "Count"}],
                }
            ],
        },
        "UseCase": '50 %"',
        "Asked": [2.0],
        "%s": [0.0],
    }


def test_a_refusal_says_what_and_where() -> None:
    assert refusal(400, "is odd", field="amount").body == {"error": {"field": "amount", "reason": "is odd"}}  # type: ignore[arg-type]  # a status
