"""InvokeEndpointAsync: requests wait in a queue per endpoint, and the model's answers become objects.

The queue belongs to the endpoint, not to its fleet: what waits while another model takes over is answered by that one.
"""

import json
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.sagemaker import asynchronous
from local.sagemaker.asynchronous import Places
from local.sagemaker.endpoints import Endpoints
from local.sagemaker.errors import ServiceError
from local.sagemaker.fleet import Fleet
from local.sagemaker.invocation import Invocation, Invocations
from local.sagemaker.platform import Measurement, ObjectError, Platform, S3Location

_TIMEOUT_S = 900.0
_WAIT_S = 60.0
"""The longest that a request waits for an endpoint that serves nothing just now."""
_POLL_S = 0.1
_OUTPUT, _FAILURE = "X-Amzn-SageMaker-OutputLocation", "X-Amzn-SageMaker-FailureLocation"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What the caller is told."""

    inference_id: str
    headers: Mapping[str, str]


class QueuedInvocations:
    """The queues of every asynchronous endpoint of this process."""

    def __init__(self, platform: Platform, endpoints: Endpoints, invocations: Invocations) -> None:
        self._platform, self._endpoints, self._invocations = platform, endpoints, invocations
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._waiting: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def accept(self, invocation: Invocation) -> Accepted:
        """Take a request whose body is an object.

        Raises:
            ServiceError: ValidationError for an unknown endpoint, one that is not asynchronous, or a missing place.
        """
        endpoint = self._endpoints.find(invocation.endpoint)
        account = self._platform.account.id
        if endpoint is None or endpoint.fleet is None:
            raise ServiceError("ValidationError", f"Endpoint {invocation.endpoint} of account {account} not found.")
        config = endpoint.fleet.config
        if "AsyncInferenceConfig" not in config:
            raise ServiceError("ValidationError", f"Endpoint {invocation.endpoint} is not asynchronous.")
        try:
            source = S3Location.parse(invocation.option("inputlocation") or "")
        except ValueError as exc:
            raise ServiceError("ValidationError", f"InputLocation: {exc}") from exc
        places = asynchronous.places(config["AsyncInferenceConfig"])
        with self._lock:
            pool = self._pools.get(invocation.endpoint)
            if pool is None:
                pool = ThreadPoolExecutor(asynchronous.at_once(config), thread_name_prefix="asynchronous")
                self._pools[invocation.endpoint] = pool
            self._waiting[invocation.endpoint] = self._waiting.get(invocation.endpoint, 0) + 1
        self._measure_backlog(invocation.endpoint)
        pool.submit(self._run, invocation, source, places)
        failure = {_FAILURE: places.failure.uri} if places.failure else {}
        return Accepted(
            inference_id=invocation.option("inference-id") or str(uuid.uuid4()),
            headers={_OUTPUT: places.answer.uri, **failure},
        )

    def waiting(self) -> int:
        """How many requests have no answer yet."""
        with self._lock:
            return sum(self._waiting.values())

    def close(self) -> None:
        """Drop what waits; what is being answered ends with its server."""
        self._closed.set()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, invocation: Invocation, source: S3Location, places: Places) -> None:
        try:
            self._answer(invocation, source, places)
        finally:
            with self._lock:
                self._waiting[invocation.endpoint] -= 1
            self._measure_backlog(invocation.endpoint)

    def _answer(self, invocation: Invocation, source: S3Location, places: Places) -> None:
        until = time.monotonic() + _WAIT_S
        while not self._closed.is_set() and time.monotonic() < until:
            endpoint = self._endpoints.find(invocation.endpoint)
            if endpoint is None:
                return
            with endpoint.enter() as fleet:
                if fleet is not None:
                    self._ask(fleet, invocation, source, places)
                    return
            time.sleep(_POLL_S)

    def _ask(self, fleet: Fleet, invocation: Invocation, source: S3Location, places: Places) -> None:
        """Ask the model with its own role's rights, as AWS does."""
        objects = self._platform.objects(next(iter(fleet.roles.values())))
        timeout_s = float(invocation.option("invocationtimeoutseconds") or _TIMEOUT_S)
        try:
            sent = Invocation(
                endpoint=invocation.endpoint,
                body=objects.read(source),
                headers=_content_of(invocation),
                timeout_s=timeout_s,
            )
            objects.write(places.answer, self._invocations.answered(sent, fleet).body)
        except (ServiceError, ObjectError) as exc:
            message = exc.message if isinstance(exc, ServiceError) else str(exc)
            if places.failure is not None:
                objects.write(places.failure, json.dumps({"error": message}).encode())

    def _measure_backlog(self, endpoint: str) -> None:
        with self._lock:
            waiting = float(self._waiting.get(endpoint, 0))
        size = Measurement(
            namespace="AWS/SageMaker",
            name="ApproximateBacklogSize",
            value=waiting,
            unit="Count",
            dimensions={"EndpointName": endpoint},
        )
        self._platform.measure([size])


def _content_of(invocation: Invocation) -> dict[str, str]:
    """The headers of the call that the model gets: an asynchronous one names its content in headers of SageMaker's."""
    content = {
        "content-type": invocation.option("content-type") or "application/octet-stream",
        "accept": invocation.option("accept") or "*/*",
    }
    own = ("x-amzn-sagemaker-custom-attributes", "x-amzn-sagemaker-inference-id")
    return {**content, **{name: invocation.headers[name] for name in own if name in invocation.headers}}
