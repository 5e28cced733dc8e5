"""InvokeEndpoint: from the request's headers to the model server and back, with AWS's headers, limits and errors."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from local.sagemaker import serverless
from local.sagemaker.capture import DataCapture, Exchange
from local.sagemaker.endpoints import Endpoints
from local.sagemaker.errors import ServiceError
from local.sagemaker.fleet import Fleet
from local.sagemaker.many_models import ManyModels
from local.sagemaker.platform import Measurement, Platform
from local.sagemaker.server import INVOCATION_TIMEOUT_S, Answer, Server, UnavailableError
from local.sagemaker.shadows import Copies

MAX_BODY_BYTES = 6 * 1024 * 1024
_HEADER = "x-amzn-sagemaker-"
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One InvokeEndpoint request. Header names in lower case."""

    endpoint: str
    body: bytes
    headers: Mapping[str, str]
    timeout_s: float = INVOCATION_TIMEOUT_S
    """The longest that the model may take."""

    def option(self, name: str) -> str | None:
        """A header of SageMaker's own, for example ``inference-id``."""
        return self.headers.get(_HEADER + name)


@dataclass(frozen=True, kw_only=True)
class Invoked:
    """A successful answer."""

    body: bytes
    headers: Mapping[str, str]


class Invocations:
    """Answers invocations, captures and measures them."""

    def __init__(self, platform: Platform, endpoints: Endpoints, capture: DataCapture) -> None:
        self._platform = platform
        self._endpoints = endpoints
        self._capture = capture
        self._measurements: list[Measurement] = []
        self._lock = threading.Lock()
        self._copies = Copies()

    def invoke(self, invocation: Invocation) -> Invoked:
        """Send a request to the endpoint.

        Raises:
            ServiceError: ValidationError for an unknown endpoint or variant, ModelError (424) when the container
                answers with an error or not at all, 413 for a body of more than 6 MB (serverless: 4 MB),
                ThrottlingException beyond the concurrency of a serverless variant.
        """
        _require_size(invocation, MAX_BODY_BYTES)
        endpoint = self._endpoints.find(invocation.endpoint)
        if endpoint is None:
            account = self._platform.account.id
            raise ServiceError("ValidationError", f"Endpoint {invocation.endpoint} of account {account} not found.")
        with endpoint.enter() as fleet:
            if fleet is None:
                raise ServiceError(
                    "ValidationError",
                    f"Endpoint {invocation.endpoint} of account {self._platform.account.id} "
                    f"cannot be invoked: its status is {endpoint.record['EndpointStatus']}.",
                )
            if fleet.config.get("AsyncInferenceConfig"):
                raise ServiceError(
                    "ValidationError",
                    f"Endpoint {invocation.endpoint} is asynchronous: it takes InvokeEndpointAsync only.",
                )
            return self.answered(invocation, fleet)

    def answered(self, invocation: Invocation, fleet: Fleet) -> Invoked:
        """Ask a fleet that was entered. Raises ServiceError."""
        variant, server = fleet.choose(invocation.option("target-variant"))
        self._copies.send(fleet.shadow(variant), lambda name, it: self._from(it, name, invocation, fleet))
        if variant in fleet.slots:
            _require_size(invocation, serverless.MAX_BODY_BYTES)
            with fleet.slots[variant].take():
                return self._from(_one(server, invocation), variant, invocation, fleet)
        if not isinstance(server, ManyModels):
            return self._from(_one(server, invocation), variant, invocation, fleet)
        try:
            with server.serving(invocation.option("target-model")) as loaded:
                return self._from(loaded, variant, invocation, fleet)
        except UnavailableError as exc:
            raise self._no_answer(invocation.endpoint, exc) from exc

    def close(self) -> None:
        """Send shadows no more copies."""
        self._copies.close()

    def _from(self, server: Server, variant: str, invocation: Invocation, fleet: Fleet) -> Invoked:
        content_type = invocation.headers.get("content-type", "application/octet-stream")
        sent = {"Content-Type": content_type, "Accept": invocation.headers.get("accept", "*/*")}
        for name in ("custom-attributes", "inference-id", "target-model"):
            if (value := invocation.option(name)) is not None:
                sent["X-Amzn-SageMaker-" + name.title()] = value
        began, moment = time.perf_counter(), self._platform.now()
        try:
            answer = server.invoke(invocation.body, sent, invocation.timeout_s)
        except UnavailableError as exc:
            self._measure(invocation.endpoint, variant, _SERVER_ERROR, time.perf_counter() - began)
            raise self._no_answer(invocation.endpoint, exc) from exc
        self._measure(invocation.endpoint, variant, answer.status, time.perf_counter() - began)
        if answer.status >= _CLIENT_ERROR:
            raise self._model_error(invocation.endpoint, answer)
        exchange = Exchange(
            endpoint=invocation.endpoint,
            variant=variant,
            input=invocation.body,
            input_type=content_type,
            output=answer.body,
            output_type=answer.content_type,
            inference_id=invocation.option("inference-id"),
            time=moment,
        )
        self._capture.record(exchange, fleet.config, fleet.roles[variant])
        headers = {"content-type": answer.content_type, "x-Amzn-Invoked-Production-Variant": variant}
        if answer.custom_attributes is not None:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = answer.custom_attributes
        return Invoked(body=answer.body, headers=headers)

    def _model_error(self, endpoint: str, answer: Answer) -> ServiceError:
        text = answer.body.decode(errors="replace")
        side, code = (
            ("client", "CLIENT_ERROR_FROM_MODEL")
            if answer.status < _SERVER_ERROR
            else ("server", "INTERNAL_FAILURE_FROM_MODEL")
        )
        message = (
            f'Received {side} error ({answer.status}) from primary with message "{text[:1024]}". See the log group '
            f"/aws/sagemaker/Endpoints/{endpoint} in account {self._platform.account.id} for more information."
        )
        extra = {
            "OriginalStatusCode": answer.status,
            "OriginalMessage": text,
            "ErrorCode": code,
            "LogStreamArn": self._log_arn(endpoint),
        }
        return ServiceError("ModelError", message, status=424, extra=extra)

    def _no_answer(self, endpoint: str, error: UnavailableError) -> ServiceError:
        message = (
            'Received server error (0) from primary with message "Your invocation did not get a response from '
            f'container primary within {INVOCATION_TIMEOUT_S:g} seconds or the container is not running: {error}".'
        )
        extra = {"OriginalStatusCode": 0, "OriginalMessage": str(error), "LogStreamArn": self._log_arn(endpoint)}
        return ServiceError("ModelError", message, status=424, extra=extra)

    def _log_arn(self, endpoint: str) -> str:
        return self._platform.account.arn(f"log-group:/aws/sagemaker/Endpoints/{endpoint}", "logs")

    def _measure(self, endpoint: str, variant: str, status: int, elapsed_s: float) -> None:
        values = {
            "Invocations": (1.0, "Count"),
            "ModelLatency": (elapsed_s * _MICROSECONDS, "Microseconds"),
            "Invocation4XXErrors": (float(_CLIENT_ERROR <= status < _SERVER_ERROR), "Count"),
            "Invocation5XXErrors": (float(status >= _SERVER_ERROR), "Count"),
        }
        dimensions = {"EndpointName": endpoint, "VariantName": variant}
        with self._lock:
            self._measurements += [
                Measurement(namespace="AWS/SageMaker", name=name, value=value, unit=unit, dimensions=dimensions)
                for name, (value, unit) in values.items()
            ]

    def flush_measurements(self) -> None:
        """Hand the metrics of the last requests to CloudWatch, in one go because alarms are evaluated each time."""
        with self._lock:
            measurements, self._measurements = self._measurements, []
        if measurements:
            self._platform.measure(measurements)


def _one(server: Server | ManyModels, invocation: Invocation) -> Server:
    if isinstance(server, ManyModels) or invocation.option("target-model"):
        raise ServiceError(
            "ValidationError",
            f"Endpoint {invocation.endpoint} is not a multi-model endpoint and does not support target model header.",
        )
    return server


def _require_size(invocation: Invocation, limit: int) -> None:
    if len(invocation.body) > limit:
        raise ServiceError("413", f"HTTP content length exceeded {limit} bytes.", status=413)
