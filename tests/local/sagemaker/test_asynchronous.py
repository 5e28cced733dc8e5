"""Asynchronous endpoints take requests from objects and answer into objects, with AWS's names, places and errors."""

import json
from typing import Any

import pytest
from memory_platform import BUCKET, MemoryPlatform
from scenarios import JSON, create_config, register_model, settled, wait_for

from local.sagemaker.errors import ServiceError
from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker
from local.sagemaker.wire import HttpRequest, HttpResponse, answer

OUTPUT = {"S3OutputPath": f"s3://{BUCKET}/answers", "S3FailurePath": f"s3://{BUCKET}/failures"}
QUEUED = {"OutputConfig": OUTPUT, "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 2}}
_PREFIX = "x-amzn-sagemaker-"


@pytest.fixture
def queued(sagemaker: SageMaker, platform: MemoryPlatform) -> SageMaker:
    package = register_model(sagemaker, platform, "v1")
    create_config(sagemaker, package, "queued", AsyncInferenceConfig=QUEUED)
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": "queued"})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "InService"
    return sagemaker


def ask(sagemaker: SageMaker, uri: str, endpoint: str = "echo") -> HttpResponse:
    """The request as the SDK sends it."""
    named = {"content-type": JSON["content-type"], "accept": "*/*", "inputlocation": uri, "inference-id": "e1"}
    headers = {f"{_PREFIX}{name}": value for name, value in named.items()}
    path = f"/endpoints/{endpoint}/async-invocations"
    return answer(sagemaker, HttpRequest(method="POST", path=path, headers=headers, query={}, body=b""))


def found(platform: MemoryPlatform, uri: str) -> Any:
    """The document of an object, once it is there."""
    return json.loads(wait_for(lambda: platform.s3.stored.get(uri)))


def test_the_answer_is_where_the_caller_was_told(queued: SageMaker, platform: MemoryPlatform) -> None:
    told = ask(queued, platform.s3.put("requests/e1.json", json.dumps({"a": 1})))
    assert (told.status, json.loads(told.body)) == (202, {"InferenceId": "e1"})
    place = told.headers["X-Amzn-SageMaker-OutputLocation"]
    assert place.startswith(f"s3://{BUCKET}/answers/")
    assert found(platform, place)["echo"] == {"a": 1}
    wait_for(lambda: not queued.queued.waiting())
    backlog = [it.value for it in platform.measurements if it.name == "ApproximateBacklogSize"]
    assert (backlog[0], backlog[-1]) == (1, 0)


@pytest.mark.parametrize("body", ['{"raise": true}', None], ids=["the model refuses", "there is no such object"])
def test_what_failed_says_why_where_the_caller_was_told(
    queued: SageMaker, platform: MemoryPlatform, body: str | None
) -> None:
    uri = platform.s3.put("requests/e2.json", body) if body else f"s3://{BUCKET}/requests/none.json"
    told = ask(queued, uri)
    assert found(platform, told.headers["X-Amzn-SageMaker-FailureLocation"])["error"]
    assert told.headers["X-Amzn-SageMaker-OutputLocation"] not in platform.s3.stored


def test_it_answers_no_request_at_once(queued: SageMaker) -> None:
    with pytest.raises(ServiceError, match="takes InvokeEndpointAsync only"):
        queued.invocations.invoke(Invocation(endpoint="echo", body=b"{}", headers=JSON))


def test_another_endpoint_or_no_place_is_refused(serving: SageMaker) -> None:
    for endpoint in ("echo", "other"):
        refused = ask(serving, f"s3://{BUCKET}/x", endpoint)
        assert (refused.status, refused.headers["x-amzn-ErrorType"]) == (400, "ValidationError")


def test_a_request_without_an_object_is_refused(queued: SageMaker) -> None:
    assert "InputLocation" in json.loads(ask(queued, "there").body)["Message"]


def test_a_configuration_without_a_place_for_answers_is_refused(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    package = register_model(sagemaker, platform, "v1")
    with pytest.raises(ServiceError, match="S3OutputPath must be provided"):
        create_config(sagemaker, package, "nowhere", AsyncInferenceConfig={"OutputConfig": {}})
