"""A shadow variant gets copies of requests: it is captured and measured, and no caller ever hears of it."""

import json
from typing import Any

import pytest
from memory_platform import BUCKET, ROLE, MemoryPlatform
from scenarios import invoke, register_model, settled, wait_for

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}


def variant(sagemaker: SageMaker, platform: MemoryPlatform, name: str, weight: float) -> dict[str, Any]:
    """A variant with a model of its own."""
    package = {"ModelPackageName": register_model(sagemaker, platform, f"of-{name}")}
    sagemaker.call("CreateModel", {"ModelName": name, "PrimaryContainer": package, "ExecutionRoleArn": ROLE})
    fleet = {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large", "InitialVariantWeight": weight}
    return {"VariantName": name, "ModelName": name, **fleet}


def endpoint(sagemaker: SageMaker, platform: MemoryPlatform, weight: float) -> None:
    """An endpoint whose shadow gets that share of the requests."""
    config = {
        "EndpointConfigName": "both",
        "ProductionVariants": [variant(sagemaker, platform, "Main", 1)],
        "ShadowProductionVariants": [variant(sagemaker, platform, "Shadow", weight)],
        "DataCaptureConfig": CAPTURE,
    }
    sagemaker.call("CreateEndpointConfig", config)
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": "both"})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "InService"


def captured(sagemaker: SageMaker, platform: MemoryPlatform, name: str) -> dict[str, str]:
    """The version that answered, by inference id, of a variant."""
    sagemaker.flush()
    bodies = [body for uri, body in platform.s3.stored.items() if f"/capture/echo/{name}/" in uri]
    lines = [json.loads(line) for body in bodies for line in body.splitlines()]
    return {
        it["eventMetadata"]["inferenceId"]: json.loads(it["captureData"]["endpointOutput"]["data"])["version"]
        for it in lines
    }


def test_callers_hear_the_one_and_both_are_captured_under_the_same_id(
    sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    endpoint(sagemaker, platform, 1)
    for number in range(5):
        assert invoke(sagemaker, {"a": number}, inference_id=f"e{number}")["version"] == "of-Main"
    ids = {f"e{it}" for it in range(5)}
    assert wait_for(lambda: captured(sagemaker, platform, "Shadow").keys() == ids)
    assert set(captured(sagemaker, platform, "Shadow").values()) == {"of-Shadow"}
    assert captured(sagemaker, platform, "Main") == dict.fromkeys(ids, "of-Main")
    measured = [it.dimensions["VariantName"] for it in platform.measurements if it.name == "ModelLatency"]
    assert (measured.count("Main"), measured.count("Shadow")) == (5, 5)
    described = sagemaker.call("DescribeEndpoint", {"EndpointName": "echo"})
    assert [it["VariantName"] for it in described["ProductionVariants"]] == ["Main"]
    assert [it["VariantName"] for it in described["ShadowProductionVariants"]] == ["Shadow"]


def test_a_shadow_that_fails_costs_no_caller_anything(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker, platform, 1)
    with pytest.raises(ServiceError, match="no such thing"):
        invoke(sagemaker, {"raise": True})
    assert invoke(sagemaker, {"a": 1})["version"] == "of-Main"


def test_without_weight_a_shadow_rests_and_nobody_can_ask_it(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker, platform, 0)
    for number in range(20):
        invoke(sagemaker, {"a": number}, inference_id=f"e{number}")
    with pytest.raises(ServiceError, match="Variant Shadow not found"):
        invoke(sagemaker, {}, target_variant="Shadow")
    assert captured(sagemaker, platform, "Shadow") == {}


def test_two_answering_variants_or_two_shadows_are_refused(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    variants = [variant(sagemaker, platform, name, 1) for name in ("A", "B", "C")]
    for main, shadow in ((variants[:2], variants[2:]), (variants[:1], variants[1:])):
        config = {"EndpointConfigName": "x", "ProductionVariants": main, "ShadowProductionVariants": shadow}
        with pytest.raises(ServiceError, match="exactly one variant in each"):
            sagemaker.call("CreateEndpointConfig", config)
