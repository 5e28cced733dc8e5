"""The SageMaker endpoint on the wire: the request it gets, and what each of its failures is called."""

import io
import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from lambdas.shared.clients import client, single_attempt
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.scoring import EndpointError, Scored

VECTORS = [{"amount": 12.5, "mean_7d": None}, {"amount": 0.1, "mean_7d": 3.0}]
ANSWER = {
    "predictions": [{"score": 0.25, "decision": "APPROVE"}, {"score": 0.9, "decision": "BLOCK"}],
    "model_version": "arn:7",
}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(client("sagemaker-runtime", single_attempt(1.0))) as stubber:
        yield stubber


def answered(stub: Stubber, body: bytes) -> list[Scored]:
    stub.add_response(
        "invoke_endpoint",
        {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"},
        {
            "EndpointName": "headrace-fraud-dev",
            "ContentType": "application/json",
            "Accept": "application/json",
            "InferenceId": "e1",
            "Body": b'{"instances":[{"amount":12.5,"mean_7d":null},{"amount":0.1,"mean_7d":3.0}],"ids":["e1","e2"]}',
        },
    )
    return SageMakerEndpoint(stub.client, "headrace-fraud-dev").predict(VECTORS, ids=["e1", "e2"])


def failure(stub: Stubber) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        SageMakerEndpoint(stub.client, "headrace-fraud-dev").predict(VECTORS, ids=["e1", "e2"])
    return caught.value


def test_predictions_come_back_in_order_with_the_models_version(stub: Stubber) -> None:
    assert answered(stub, json.dumps(ANSWER).encode()) == [
        Scored(0.25, "APPROVE", "arn:7"),
        Scored(0.9, "BLOCK", "arn:7"),
    ]
    stub.assert_no_pending_responses()


def asked(stub: Stubber, monkeypatch: pytest.MonkeyPatch, prediction: dict[str, object], explain: int) -> Scored:
    """Ask about one vector; the request must hold no ids, which the header has, and as many reasons as were asked."""
    body = json.dumps({"predictions": [prediction], "model_version": "7"}).encode()
    sent: list[dict[str, object]] = []

    def invoke(**request: object) -> dict[str, object]:
        sent.append(request)
        return {"Body": io.BytesIO(body)}

    monkeypatch.setattr(stub.client, "invoke_endpoint", invoke)
    (answer,) = SageMakerEndpoint(stub.client, "e").predict(VECTORS[:1], ids=["e1"], explain=explain)
    assert sent[0]["InferenceId"] == "e1"
    assert (
        json.loads(str(sent[0]["Body"], "utf-8"))
        == {  # type: ignore[call-overload]  # bytes
            "instances": VECTORS[:1],
            **({"explain": explain} if explain else {}),
        }
    )
    return answer


def test_reasons_are_asked_for_and_come_back(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = [{"feature": "amount", "value": 12.5, "contribution": 0.7}]
    answer = asked(stub, monkeypatch, {"score": 0.2, "decision": "A", "reasons": reasons}, explain=5)
    assert answer == Scored(0.2, "A", "7", reasons=tuple(reasons))


@pytest.mark.parametrize("reasons", [None, [], "because", {"amount": 1}, [1, 2]])
def test_a_model_that_cannot_say_why_still_scores(
    stub: Stubber, monkeypatch: pytest.MonkeyPatch, reasons: object
) -> None:
    answer = asked(stub, monkeypatch, {"score": 0.2, "decision": "A", "reasons": reasons}, explain=5)
    assert answer == Scored(0.2, "A", "7")


def test_nobody_is_told_reasons_who_did_not_ask(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(stub, monkeypatch, {"score": 0.2, "decision": "A"}, explain=0).reasons == ()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"predictions": [], "model_version": "7"}',
        b'{"predictions": [{"score": 1, "decision": "A"}], "model_version": "7"}',
        b'{"predictions": {"score": 1}, "model_version": "7"}',
        b'{"predictions": [{"score": 1}, {"score": 1}], "model_version": "7"}',
        b'{"predictions": [{"score": "x", "decision": "A"}, {"score": 1, "decision": "A"}], "model_version": "7"}',
        b'{"predictions": [{"score": NaN, "decision": "A"}, {"score": 1, "decision": "A"}], "model_version": "7"}',
        b'{"predictions": [{"score": 1, "decision": "A"}, {"score": 1, "decision": "A"}], "model_version": 7}',
    ],
)
def test_an_answer_outside_the_protocol_is_an_endpoint_error_that_stays(stub: Stubber, body: bytes) -> None:
    with pytest.raises(EndpointError) as caught:
        answered(stub, body)
    assert (caught.value.reason, caught.value.passing) == ("endpoint_error", False)


@pytest.mark.parametrize(
    ("code", "message", "status", "reason", "passing"),
    [
        ("ValidationError", "Endpoint headrace-fraud-dev of account 123456789012 not found.", 400, "no_model", False),
        ("ValidationError", "Variant is not in service", 400, "endpoint_error", False),
        ("ThrottlingException", "Rate exceeded", 400, "endpoint_throttled", True),
        ("ModelNotReadyException", "The model is not ready", 429, "endpoint_error", True),
        ("InternalFailure", "Internal failure", 500, "endpoint_error", True),
        ("ServiceUnavailable", "Service unavailable", 503, "endpoint_error", True),
        ("AccessDeniedException", "not authorized to perform sagemaker:InvokeEndpoint", 403, "endpoint_error", False),
    ],
)
def test_every_refusal_has_a_reason_and_says_whether_it_may_pass(
    stub: Stubber, *, code: str, message: str, status: int, reason: str, passing: bool
) -> None:
    stub.add_client_error("invoke_endpoint", code, message, http_status_code=status)
    error = failure(stub)
    assert (error.reason, error.passing) == (reason, passing)


@pytest.mark.parametrize(("original", "passing"), [(500, True), (503, True), (400, False), (415, False)])
def test_a_model_error_passes_if_the_container_failed_and_stays_if_it_refused(
    stub: Stubber, original: int, passing: bool
) -> None:
    stub.add_client_error(
        "invoke_endpoint",
        "ModelError",
        "Received error from primary",
        http_status_code=424,
        modeled_fields={"OriginalStatusCode": original, "OriginalMessage": "no"},
    )
    error = failure(stub)
    assert (error.reason, error.passing) == ("endpoint_error", passing)


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), "endpoint_timeout"),
        (ConnectTimeoutError(endpoint_url="https://x"), "endpoint_timeout"),
        (EndpointConnectionError(endpoint_url="https://x"), "endpoint_error"),
    ],
)
def test_a_connection_that_fails_or_hangs_may_pass(
    stub: Stubber, raised: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise raised

    monkeypatch.setattr(stub.client, "invoke_endpoint", broken)
    error = failure(stub)
    assert (error.reason, error.passing) == (reason, True)
