"""The asynchronous API under whatever is sent to it, and its queue when the lake comes back or refuses."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from queued_world import FakeQueue, wired
from shard_records import event

from lambdas.inference.exchange import Request
from lambdas.inference.lake_queue import GuardedQueue, LakeQueue
from lambdas.inference.logic import respond
from lambdas.inference.queued import Ticket
from lambdas.shared.breaker import FAILURES, Breaker
from lambdas.shared.scoring import EndpointError

TEXT = st.text(max_size=12)
PATH = st.sampled_from(["/predict", "/predict/batch", "/predict/"]) | TEXT.map(lambda it: f"/predict/{it}")
BODY = st.sampled_from([event(1), {"events": [event(1)]}, {}, [], None]).map(lambda it: json.dumps(it).encode())
METHOD = st.sampled_from(["GET", "POST", "PUT"])
KINDS = st.sampled_from(["application/json", "text/plain", None])


@settings(max_examples=150)
@given(asked=st.lists(st.tuples(METHOD, PATH, KINDS, BODY | st.binary(max_size=20)), max_size=4))
def test_no_request_whatever_is_a_server_error(asked: list[tuple[str, str, str | None, bytes]]) -> None:
    function = wired(FakeQueue())
    for method, path, content_type, body in asked:
        answer = respond(Request(method, path, content_type, body), function)
        assert answer.status in {200, 202, 400, 404, 405, 409, 413, 415}


class Lake:
    """S3 that refuses for a while, and an endpoint that takes everything."""

    def __init__(self, code: str) -> None:
        self.code = code

    def put_object(self, **_: object) -> None:
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "PutObject")

    def get_object(self, **_: object) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")

    def invoke_endpoint_async(self, **_: object) -> Mapping[str, str]:
        return {"OutputLocation": "s3://lake/x"}


def queue_on(lake: Any) -> LakeQueue:
    return LakeQueue(lake, lake, bucket="lake", endpoint="e", now=lambda: 7.0)


def test_a_lake_that_came_back_is_asked_again() -> None:
    lake, now = Lake("SlowDown"), 0.0
    queue = GuardedQueue(queue_on(lake), Breaker(clock=lambda: now))
    for _ in range(FAILURES):
        with pytest.raises(EndpointError):
            queue.submit("e1", {}, event_id="e1", explain=0)
    lake.code, now = "", 60.0
    assert queue.submit("e1", {}, event_id="e1", explain=0) == Ticket("e1", "s3://lake/x", None, 7.0)
    assert queue.outcome == queue._queue.outcome


def test_a_ticket_that_may_not_be_read_is_not_taken_for_none() -> None:
    with pytest.raises(EndpointError, match="endpoint_error"):
        queue_on(Lake("PreconditionFailed")).submit("e1", {}, event_id="e1", explain=0)
