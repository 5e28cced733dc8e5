"""The SageMaker endpoint: vectors out, predictions in, every failure named."""

import json
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from headrace.errors import RetryableError
from headrace.features import Vector
from lambdas.shared.failures import code_of, is_throttle, translate
from lambdas.shared.scoring import EndpointError, Reason, Scored

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

_JSON = "application/json"
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
"""Made once: ``json.dumps`` with options makes an encoder for every call."""


class SageMakerEndpoint:
    """One endpoint by name. The client must make a single attempt: the scorer counts retries against its deadline."""

    def __init__(self, client: "SageMakerRuntimeClient", name: str, *, target_model: str | None = None) -> None:
        """Name the endpoint, and which of its models if it has many."""
        self._client = client
        self._name = name
        self._target = {"TargetModel": target_model} if target_model else {}

    def predict(self, vectors: Sequence[Vector], *, ids: Sequence[str], explain: int = 0) -> list[Scored]:
        """One prediction per vector, in order.

        SageMaker captures a call under one id, the first. The ids of a call with many vectors stand in its body, which
        capture keeps, so that each captured row still finds its label.

        Raises:
            EndpointError: ``no_model`` if there is no endpoint of that name, else what kept it from answering.
        """
        document: dict[str, object] = {"instances": vectors}
        if len(vectors) > 1:
            document["ids"] = ids
        if explain:
            document["explain"] = explain
        body = _encode(document).encode()
        try:
            answer = self._client.invoke_endpoint(
                EndpointName=self._name, ContentType=_JSON, Accept=_JSON, Body=body, InferenceId=ids[0], **self._target
            )
            content = answer["Body"].read()
        except ClientError as exc:
            raise refusal_of(exc) from exc
        except (ConnectTimeoutError, ReadTimeoutError) as exc:
            raise EndpointError("endpoint_timeout", passing=True) from exc
        except BotoCoreError as exc:
            raise EndpointError("endpoint_error", passing=True) from exc
        try:
            return predictions_of(json.loads(content), len(vectors))
        except (ValueError, KeyError, TypeError) as exc:
            raise EndpointError("endpoint_error", passing=False) from exc


def refusal_of(exc: ClientError) -> EndpointError:
    """Our error for a refused invocation."""
    if code_of(exc) == "ValidationError" and "not found" in str(exc):
        return EndpointError("no_model", passing=False)
    if is_throttle(exc):
        return EndpointError("endpoint_throttled", passing=True)
    if code_of(exc) == "ModelError":  # the container answered; its own server errors may pass, its refusals will not
        original = exc.response.get("OriginalStatusCode", HTTPStatus.INTERNAL_SERVER_ERROR)
        passing = isinstance(original, int) and original >= HTTPStatus.INTERNAL_SERVER_ERROR
    else:
        passing = code_of(exc) == "ModelNotReadyException" or isinstance(
            translate(exc, doing="invoking the endpoint"), RetryableError
        )
    return EndpointError("endpoint_error", passing=passing)


def predictions_of(answer: dict[str, object], count: int) -> list[Scored]:
    """What a model answered to so many vectors.

    Raises ValueError, KeyError or TypeError if the answer is not in the endpoint's protocol.
    """
    predictions, version = answer["predictions"], answer["model_version"]
    if not isinstance(predictions, list) or len(predictions) != count or not isinstance(version, str):
        raise ValueError("not one prediction per instance")
    scored = [
        Scored(float(it["score"]), str(it["decision"]), version, reasons=_reasons(it.get("reasons")))
        for it in predictions
    ]
    if not all(math.isfinite(it.score) for it in scored if it.score is not None):
        raise ValueError("a score is not a number")
    return scored


def _reasons(given: object) -> tuple[Reason, ...]:
    """What a model says of its score; nothing if it cannot say, or says it in another form."""
    return tuple(it for it in given if isinstance(it, dict)) if isinstance(given, list) else ()
