"""Serverless endpoints answer with the real model, and throttle, refuse and describe themselves as AWS's do."""

import json
import threading
from typing import Any

import pytest
from memory_platform import ROLE, MemoryPlatform
from scenarios import JSON, invoke, register_model, settled, wait_for

from local.sagemaker.errors import ServiceError
from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker

SIZE = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}


def configured(sagemaker: SageMaker, platform: MemoryPlatform, name: str = "small", **variant: Any) -> None:
    """A model and a configuration of one serverless variant."""
    package = register_model(sagemaker, platform, f"of-{name}")
    container = {"ModelPackageName": package}
    sagemaker.call("CreateModel", {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE})
    both = {"VariantName": "AllTraffic", "ModelName": name, "ServerlessConfig": SIZE, **variant}
    sagemaker.call("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": [both]})


@pytest.fixture
def serverless(sagemaker: SageMaker, platform: MemoryPlatform) -> SageMaker:
    configured(sagemaker, platform)
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": "small"})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "InService"
    return sagemaker


def test_it_answers_and_shows_memory_instead_of_instances(serverless: SageMaker) -> None:
    assert invoke(serverless, {"a": 1})["version"] == "of-small"
    (variant,) = serverless.call("DescribeEndpoint", {"EndpointName": "echo"})["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == SIZE
    assert "CurrentInstanceCount" not in variant


def test_a_request_beyond_its_concurrency_is_throttled_and_none_waits(serverless: SageMaker) -> None:
    slow = threading.Thread(target=invoke, args=(serverless, {"sleep": 1.5}))
    slow.start()

    def throttled() -> str:
        try:
            invoke(serverless, {})
        except ServiceError as exc:
            return exc.code
        return ""

    assert wait_for(throttled, 5) == "ThrottlingException"
    slow.join()
    assert invoke(serverless, {})["version"] == "of-small"


def test_four_megabytes_are_its_most(serverless: SageMaker) -> None:
    body = json.dumps({"text": "x" * 4 * 1024 * 1024}).encode()
    with pytest.raises(ServiceError, match="exceeded 4194304 bytes") as caught:
        serverless.invocations.invoke(Invocation(endpoint="echo", body=body, headers=JSON))
    assert caught.value.status == 413


def test_another_model_takes_over_at_once_and_guardrails_are_refused(
    serverless: SageMaker, platform: MemoryPlatform
) -> None:
    configured(serverless, platform, "next")
    request = {"EndpointName": "echo", "EndpointConfigName": "next"}
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    guarded = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    with pytest.raises(ServiceError, match="DeploymentConfig is not supported"):
        serverless.call("UpdateEndpoint", {**request, "DeploymentConfig": guarded})
    serverless.call("UpdateEndpoint", request)
    assert settled(serverless, "echo")["EndpointConfigName"] == "next"
    assert invoke(serverless, {})["version"] == "of-next"


def test_an_endpoint_on_instances_never_becomes_serverless(serving: SageMaker, platform: MemoryPlatform) -> None:
    configured(serving, platform)
    with pytest.raises(ServiceError, match="cannot convert your instance-based"):
        serving.call("UpdateEndpoint", {"EndpointName": "echo", "EndpointConfigName": "small"})


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ({"ServerlessConfig": {**SIZE, "MemorySizeInMB": 1500}}, "MemorySizeInMB must be one of 1024, 2048"),
        ({"ServerlessConfig": {**SIZE, "ProvisionedConcurrency": 2}}, "must not exceed MaxConcurrency"),
        ({"InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}, "ServerlessConfig and instances"),
    ],
)
def test_sizes_that_do_not_exist_are_refused(
    sagemaker: SageMaker, platform: MemoryPlatform, variant: dict[str, Any], message: str
) -> None:
    with pytest.raises(ServiceError, match=message):
        configured(sagemaker, platform, **variant)


def test_capture_more_variants_and_isolation_are_refused(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    configured(sagemaker, platform)
    variants = [
        {"VariantName": name, "ModelName": "small", "ServerlessConfig": SIZE, "InitialVariantWeight": 1}
        for name in ("A", "B")
    ]
    capture = {
        "InitialSamplingPercentage": 1,
        "DestinationS3Uri": "s3://lake/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    with pytest.raises(ServiceError, match="a single production variant"):
        sagemaker.call("CreateEndpointConfig", {"EndpointConfigName": "two", "ProductionVariants": variants})
    request = {"EndpointConfigName": "seen", "ProductionVariants": variants[:1], "DataCaptureConfig": capture}
    with pytest.raises(ServiceError, match="Data capture is not supported"):
        sagemaker.call("CreateEndpointConfig", request)
    package = {"ModelPackageName": register_model(sagemaker, platform, "v9")}
    model = {"ModelName": "cut-off", "PrimaryContainer": package, "ExecutionRoleArn": ROLE}
    sagemaker.call("CreateModel", {**model, "EnableNetworkIsolation": True})
    isolated = [{**variants[0], "ModelName": "cut-off"}]
    with pytest.raises(ServiceError, match="network isolation are not supported"):
        sagemaker.call("CreateEndpointConfig", {"EndpointConfigName": "deep", "ProductionVariants": isolated})
