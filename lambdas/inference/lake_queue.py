"""An asynchronous endpoint: requests, tickets and answers are objects of the lake, under the name of the request.

The request is written on the condition that there is none, so that a second sender finds the first one's. The ticket,
written once the endpoint has taken the request, is what makes it accepted. A process that dies in between leaves a
request without ticket; whoever sends the event again hands that same request in, and both answers are the same.
"""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from headrace.features import Vector
from headrace.inference_id import inference_id
from headrace.usecase.endpoint_kind import KINDS
from lambdas.inference.queued import Outcome, Ticket
from lambdas.inference.settings import REQUESTS, TICKETS
from lambdas.shared.breaker import Breaker
from lambdas.shared.endpoint import predictions_of, refusal_of
from lambdas.shared.failures import code_of, is_throttle
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.scoring import Degradation, EndpointError, Scored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

ANSWER_S = KINDS["asynchronous"].answer_s
WAIT_S = 21_600
"""The longest that SageMaker keeps a request waiting: six hours, its own most."""
_JSON = "application/json"
_THERE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class LakeQueue:
    """Requests of one endpoint. Clients must make a single attempt, so that a caller does not wait for retries."""

    def __init__(
        self,
        s3: "S3Client",
        runtime: "SageMakerRuntimeClient",
        *,
        bucket: str,
        endpoint: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._s3, self._runtime, self._bucket, self._endpoint, self._now = s3, runtime, bucket, endpoint, now
        self._lake = LakeBucket(s3, bucket)

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        """See ``queued.Queue``."""
        id_ = inference_id(event_id)
        asked: dict[str, object] = {"instances": [vector], "ids": [id_]}
        if explain:
            asked["explain"] = explain
        try:
            if not self._put_first(f"{REQUESTS}{name}.json", asked):
                earlier = self._ticket(name)
                if earlier is not None:
                    return earlier
            answer = self._runtime.invoke_endpoint_async(
                EndpointName=self._endpoint,
                ContentType=_JSON,
                Accept=_JSON,
                InferenceId=id_,
                InputLocation=f"s3://{self._bucket}/{REQUESTS}{name}.json",
                RequestTTLSeconds=WAIT_S,
                InvocationTimeoutSeconds=ANSWER_S,
            )
            ticket = Ticket(event_id, answer["OutputLocation"], answer.get("FailureLocation"), self._now())
            if self._put_first(f"{TICKETS}{name}.json", {**ticket._asdict(), "inference_id": id_}):
                return ticket
            return self._ticket(name) or ticket
        except (ClientError, BotoCoreError) as exc:
            raise _untaken(exc) from exc

    def outcome(self, name: str) -> Outcome | None:
        """See ``queued.Queue``."""
        body = self._lake.read(f"{TICKETS}{name}.json")
        if body is None:
            return None
        ticket = _ticket_of(body)
        found = self._lake.read(self._key(ticket.output))
        if found is not None:
            return _answered(ticket, found)
        if ticket.failure and self._lake.read(self._key(ticket.failure)) is not None:
            return Outcome(ticket, "failed", Scored(degraded="endpoint_error"))
        if self._now() > ticket.accepted_at + WAIT_S + ANSWER_S:
            return Outcome(ticket, "failed", Scored(degraded="endpoint_timeout"))
        return Outcome(ticket, "pending")

    def _put_first(self, key: str, document: dict[str, object]) -> bool:
        """Write an object unless there is one; whether it was written. Raises ClientError or BotoCoreError."""
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=_encode(document).encode(), ContentType=_JSON, IfNoneMatch="*"
            )
        except ClientError as exc:
            if code_of(exc) in _THERE:
                return False
            raise
        return True

    def _ticket(self, name: str) -> Ticket | None:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=f"{TICKETS}{name}.json")["Body"].read()
        except ClientError as exc:
            if code_of(exc) == "NoSuchKey":
                return None
            raise
        return _ticket_of(body)

    def _key(self, uri: str) -> str:
        return uri.removeprefix(f"s3://{self._bucket}/")


class GuardedQueue:
    """A queue that is not asked to take anything while it keeps failing."""

    def __init__(self, queue: LakeQueue, breaker: Breaker) -> None:
        self._queue, self._breaker = queue, breaker
        self.outcome = queue.outcome

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        """As the queue does. Raises EndpointError, at once while the breaker is open."""
        if (refusal := self._breaker.refusal) is not None:
            raise EndpointError(cast(Degradation, refusal), passing=False)
        try:
            ticket = self._queue.submit(name, vector, event_id=event_id, explain=explain)
        except EndpointError as exc:
            self._breaker.failed(exc.reason, cheap=exc.reason == "no_model")
            raise
        self._breaker.succeeded()
        return ticket


def _ticket_of(body: bytes) -> Ticket:
    given = json.loads(body)
    return Ticket(*(given[name] for name in Ticket._fields))


def _answered(ticket: Ticket, content: bytes) -> Outcome:
    try:
        (scored,) = predictions_of(json.loads(content), 1)
    except (ValueError, KeyError, TypeError):
        return Outcome(ticket, "failed", Scored(degraded="endpoint_error"))
    return Outcome(ticket, "done", scored)


def _untaken(exc: ClientError | BotoCoreError) -> EndpointError:
    if isinstance(exc, ConnectTimeoutError | ReadTimeoutError):
        return EndpointError("endpoint_timeout", passing=True)
    if not isinstance(exc, ClientError):
        return EndpointError("endpoint_error", passing=True)
    if exc.operation_name == "InvokeEndpointAsync":
        return refusal_of(exc)
    return EndpointError("endpoint_throttled" if is_throttle(exc) else "endpoint_error", passing=True)
