"""The asynchronous endpoint on the wire: what is written and asked, once per event, and what each failure is called."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from headrace.errors import HeadraceError
from lambdas.inference.lake_queue import ANSWER_S, WAIT_S, GuardedQueue, LakeQueue
from lambdas.inference.queued import Outcome, Ticket
from lambdas.shared.breaker import FAILURES, Breaker
from lambdas.shared.scoring import EndpointError, Scored

BUCKET, ENDPOINT, NOW = "lake", "headrace-fraud-dev", 1_700_000_000.0
OUTPUT, FAILURE = f"s3://{BUCKET}/asynchronous/answers/u1.out", f"s3://{BUCKET}/asynchronous/failures/u1-error.out"
REQUEST_KEY, TICKET_KEY = "asynchronous/requests/e1.json", "asynchronous/tickets/e1.json"
TICKET = Ticket("e1", OUTPUT, FAILURE, NOW)
ACCOUNT = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


class Wire:
    """Both services, each answer of which is checked against the service's own model."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", **ACCOUNT)
        self.runtime = boto3.client("sagemaker-runtime", **ACCOUNT)
        self.stubs = Stubber(self.s3), Stubber(self.runtime)
        self.now = NOW
        self.queue = LakeQueue(self.s3, self.runtime, bucket=BUCKET, endpoint=ENDPOINT, now=lambda: self.now)

    def puts(self, key: str, document: dict[str, object], *, there: bool = False) -> None:
        """Expect an object that is written unless there is one."""
        body = json.dumps(document, separators=(",", ":")).encode()
        expected = {"Bucket": BUCKET, "Key": key, "Body": body, "ContentType": "application/json", "IfNoneMatch": "*"}
        if there:
            self.stubs[0].add_client_error(
                "put_object", "PreconditionFailed", http_status_code=412, expected_params=expected
            )
        else:
            self.stubs[0].add_response("put_object", {"ETag": "1"}, expected)

    def gets(self, key: str, body: bytes | None) -> None:
        """Expect a reading."""
        expected = {"Bucket": BUCKET, "Key": key}
        if body is None:
            self.stubs[0].add_client_error("get_object", "NoSuchKey", http_status_code=404, expected_params=expected)
        else:
            self.stubs[0].add_response("get_object", {"Body": StreamingBody(io.BytesIO(body), len(body))}, expected)

    def invokes(self) -> None:
        """Expect the request to be handed in."""
        expected = {
            "EndpointName": ENDPOINT,
            "ContentType": "application/json",
            "Accept": "application/json",
            "InferenceId": "e1",
            "InputLocation": f"s3://{BUCKET}/{REQUEST_KEY}",
            "RequestTTLSeconds": WAIT_S,
            "InvocationTimeoutSeconds": ANSWER_S,
        }
        answer = {"InferenceId": "e1", "OutputLocation": OUTPUT, "FailureLocation": FAILURE}
        self.stubs[1].add_response("invoke_endpoint_async", answer, expected)

    def submit(self, explain: int = 0) -> Ticket:
        return self.queue.submit("e1", {"amount": 1.5}, event_id="e1", explain=explain)


ASKED: dict[str, object] = {"instances": [{"amount": 1.5}], "ids": ["e1"]}
KEPT: dict[str, object] = {**TICKET._asdict(), "inference_id": "e1"}
STORED = json.dumps(KEPT).encode()


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    with made.stubs[0], made.stubs[1]:
        yield made
        for stub in made.stubs:
            stub.assert_no_pending_responses()


@pytest.mark.parametrize("explain", [0, 5])
def test_a_request_is_written_handed_in_and_noted(wire: Wire, explain: int) -> None:
    wire.puts(REQUEST_KEY, {**ASKED, "explain": 5} if explain else ASKED)
    wire.invokes()
    wire.puts(TICKET_KEY, KEPT)
    assert wire.submit(explain) == TICKET


def test_an_event_that_comes_twice_is_one_request(wire: Wire) -> None:
    wire.puts(REQUEST_KEY, ASKED, there=True)
    wire.gets(TICKET_KEY, STORED)
    wire.now += 60
    assert wire.submit() == TICKET


def test_a_request_that_nobody_took_is_handed_in_by_who_comes_next(wire: Wire) -> None:
    wire.puts(REQUEST_KEY, ASKED, there=True)
    wire.gets(TICKET_KEY, None)
    wire.invokes()
    wire.puts(TICKET_KEY, KEPT)
    assert wire.submit() == TICKET


def test_of_two_at_the_same_time_both_are_told_of_the_same_answer(wire: Wire) -> None:
    first = {**KEPT, "output": f"{OUTPUT}-of-the-other"}
    wire.puts(REQUEST_KEY, ASKED, there=True)
    wire.gets(TICKET_KEY, None)
    wire.invokes()
    wire.puts(TICKET_KEY, KEPT, there=True)
    wire.gets(TICKET_KEY, json.dumps(first).encode())
    assert wire.submit().output == first["output"]


ANSWER = b'{"predictions":[{"score":0.5,"decision":"A"}],"model_version":"7"}'


@pytest.mark.parametrize(
    ("files", "later_s", "outcome"),
    [
        ([ANSWER], 0, Outcome(TICKET, "done", Scored(0.5, "A", "7"))),
        ([b"sorry"], 0, Outcome(TICKET, "failed", Scored(degraded="endpoint_error"))),
        ([None, b'{"error":1}'], 0, Outcome(TICKET, "failed", Scored(degraded="endpoint_error"))),
        ([None, None], WAIT_S + ANSWER_S, Outcome(TICKET, "pending")),
        ([None, None], WAIT_S + ANSWER_S + 1, Outcome(TICKET, "failed", Scored(degraded="endpoint_timeout"))),
    ],
    ids=["answered", "answered in no protocol", "failed", "waiting", "given up by SageMaker"],
)
def test_how_far_a_request_has_got(wire: Wire, files: list[bytes | None], later_s: int, outcome: Outcome) -> None:
    wire.gets(TICKET_KEY, STORED)
    for uri, body in zip((OUTPUT, FAILURE), files, strict=False):
        wire.gets(uri.removeprefix(f"s3://{BUCKET}/"), body)
    wire.now += later_s
    assert wire.queue.outcome("e1") == outcome


def test_of_what_was_never_accepted_nothing_is_known(wire: Wire) -> None:
    wire.gets(TICKET_KEY, None)
    assert wire.queue.outcome("e1") is None


def test_a_lake_that_refuses_is_no_missing_request(wire: Wire) -> None:
    wire.stubs[0].add_client_error("get_object", "AccessDenied", http_status_code=403)
    with pytest.raises(HeadraceError):
        wire.queue.outcome("e1")


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        ("ValidationError", "Endpoint x of account 1 not found.", "no_model"),
        ("ThrottlingException", "Rate exceeded", "endpoint_throttled"),
        ("ServiceUnavailable", "later", "endpoint_error"),
        ("AccessDeniedException", "no", "endpoint_error"),
    ],
)
def test_an_endpoint_that_takes_nothing_says_why(wire: Wire, code: str, message: str, reason: str) -> None:
    wire.puts(REQUEST_KEY, ASKED)
    wire.stubs[1].add_client_error("invoke_endpoint_async", code, message)
    with pytest.raises(EndpointError) as caught:
        wire.submit()
    assert caught.value.reason == reason


@pytest.mark.parametrize(("code", "reason"), [("SlowDown", "endpoint_throttled"), ("AccessDenied", "endpoint_error")])
def test_a_lake_that_takes_nothing_says_why(wire: Wire, code: str, reason: str) -> None:
    wire.stubs[0].add_client_error("put_object", code)
    with pytest.raises(EndpointError) as caught:
        wire.submit()
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (ReadTimeoutError(endpoint_url="x"), "endpoint_timeout"),
        (EndpointConnectionError(endpoint_url="x"), "endpoint_error"),
    ],
)
def test_a_dead_line_is_left_alone_after_some_failures(raised: Exception, reason: str) -> None:
    made, calls = Wire(), 0

    def put(**_: Any) -> None:
        nonlocal calls
        calls += 1
        raise raised

    made.s3.put_object = put
    queue = GuardedQueue(made.queue, Breaker(clock=lambda: 0.0))
    for _ in range(FAILURES + 3):
        with pytest.raises(EndpointError) as caught:
            queue.submit("e1", {"amount": 1.5}, event_id="e1", explain=0)
        assert caught.value.reason == reason
    assert calls == FAILURES
