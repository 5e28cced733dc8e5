"""Requests that are answered later, under faults and without rights: accepted once, and told what the model wrote."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fault_injection import Injector
from fault_platform import Platform, calm, running
from lambda_events import ENVIRONMENT
from reaction_world import ENDPOINT
from shard_records import START, event
from stream_faults import STATE

import usecases
from headrace.features import FeatureSet
from headrace.usecase import Serving
from lambdas.inference.settings import REQUESTS, TICKETS

Facts = dict[str, Any]
_TRIES = 6
_FRAUD = usecases.load("fraud")
_ANSWERS, _FAILURES = "asynchronous/answers/", "asynchronous/failures/"
_MANY = 40


def requested(method: str, path: str, body: object = None) -> dict[str, Any]:
    """A request as the HTTP API hands it on."""
    return {
        "version": "2.0",
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default", "requestId": "r"},
        "rawPath": path,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body) if body is not None else "",
        "isBase64Encoded": False,
    }


@contextmanager
def _asking(injector: Injector) -> Iterator[Platform]:
    """The API of an asynchronous endpoint."""
    environment = {**ENVIRONMENT, "ENDPOINT_NAME": ENDPOINT, "LAKE_BUCKET": "lake"}
    features = FeatureSet(replace(_FRAUD, serving=Serving(kind="asynchronous"), alerts=None))
    with pytest.MonkeyPatch.context() as patch, running(injector, "inference", environment, STATE) as platform:
        patch.setattr("lambdas.inference.adapters.features", lambda _: features)
        item = {"entity": {"S": "#sources"}, "source": {"S": "events#shardId-000000000000"}}
        platform.dynamodb.put_item(TableName=STATE[0], Item=item)
        yield platform


def asynchronous(injector: Injector) -> Facts:
    """A request that is answered later, sent until it is accepted, and its answer, asked for until it is known."""
    injector.played["sagemaker-runtime"] = _queue
    with _asking(injector) as platform:
        sent = _until(platform, requested("POST", "/predict", event(1, at=START)), "status", "accepted")
        told = _until(platform, requested("GET", sent.get("result", "/predict/none")), "status", "done")
        return {
            "accepted": {name: sent.get(name) for name in ("event_id", "status", "result")},
            "answer": {name: told.get("prediction", {}).get(name) for name in ("score", "decision", "degraded")},
            "requests": platform.rows(REQUESTS),
            "tickets": [(it["event_id"], it["output"]) for it in platform.rows(TICKETS)],
        }


def _queue(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """An endpoint that answers at once; a second copy of a request gets the same answer."""
    assert operation == "InvokeEndpointAsync"
    place = f"{_ANSWERS}{given['InferenceId']}.out"
    answer = {"predictions": [{"score": 0.5, "decision": "APPROVE"}], "model_version": "7"}
    calm("s3").put_object(Bucket="lake", Key=place, Body=json.dumps(answer).encode())
    return {"OutputLocation": f"s3://lake/{place}", "InferenceId": given["InferenceId"]}


def _until(platform: Platform, request: Mapping[str, Any], name: str, wanted: str) -> dict[str, Any]:
    """Ask as a caller does who tries again."""
    told: dict[str, Any] = {}
    for _ in range(_TRIES):
        answer, error = platform.call(request)
        told = {} if error else json.loads(answer["body"])
        if told.get(name) == wanted:
            break
    return told


def waiting(injector: Injector) -> Facts:
    """Requests that nobody has answered yet, one that failed, one that nobody sent, and a batch."""
    injector.played["sagemaker-runtime"] = _slow
    with _asking(injector) as platform:
        one = requested("POST", "/predict", event(1, at=START))
        later = [_told(platform, one) for _ in range(2)]
        result = requested("GET", "/predict/" + str(event(1, at=START)["event_id"]))
        later.append(_told(platform, result))
        platform.s3.put_object(Bucket="lake", Key=f"{_FAILURES}1.out", Body=b"no memory")
        later += [_told(platform, it) for it in (result, requested("GET", "/predict/nobody"))]
        many = [event(number, at=START) | {"customer_id": f"c{number}"} for number in range(2, 2 + _MANY)]
        later.append(_told(platform, requested("POST", "/predict/batch", {"events": many})))
        return {"told": later}


def _slow(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    assert operation == "InvokeEndpointAsync"
    places = {"OutputLocation": f"s3://lake/{_ANSWERS}1.out", "FailureLocation": f"s3://lake/{_FAILURES}1.out"}
    return {**places, "InferenceId": given["InferenceId"]}


def _told(platform: Platform, request: Mapping[str, Any]) -> Any:
    answer, error = platform.call(request)
    if error:
        return error
    body = json.loads(answer["body"])
    rows = body.get("answers", [body])
    return [answer["statusCode"], *((it.get("status"), it.get("reason"), it.get("degraded")) for it in rows)]
