"""A multi-model endpoint loads the model that a request names, keeps it, and refuses what AWS refuses."""

from typing import Any

import pytest
from memory_platform import ROLE, MemoryPlatform
from scenarios import ECHO_MODEL, archive, invoke, register_model, settled, wait_for
from step_requests import IMAGE

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker

FOLDER = "models/tenants/"


def put(platform: MemoryPlatform, tenant: str, version: str) -> None:
    """Put a tenant's model into the folder."""
    platform.s3.put(f"{FOLDER}{tenant}/model.tar.gz", archive({"version": version, "code/inference.py": ECHO_MODEL}))


def endpoint(sagemaker: SageMaker, *, cache: str = "Enabled", folder: str = f"s3://lake/{FOLDER}") -> SageMaker:
    """A multi-model endpoint in service."""
    container = {
        "Image": IMAGE,
        "Mode": "MultiModel",
        "ModelDataUrl": folder,
        "MultiModelConfig": {"ModelCacheSetting": cache},
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    sagemaker.call("CreateModel", {"ModelName": "many", "PrimaryContainer": container, "ExecutionRoleArn": ROLE})
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "many",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.call("CreateEndpointConfig", {"EndpointConfigName": "many", "ProductionVariants": [variant]})
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": "many"})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "InService"
    return sagemaker


def ask(sagemaker: SageMaker, tenant: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask a tenant's model."""
    return invoke(sagemaker, document or {}, target_model=f"{tenant}/model.tar.gz")


def ended(sagemaker: SageMaker) -> dict[str, Any] | None:
    """The transform job once it has ended."""
    job: dict[str, Any] = sagemaker.call("DescribeTransformJob", {"TransformJobName": "all"})
    return job if job["TransformJobStatus"] != "InProgress" else None


def test_each_request_is_answered_by_the_model_that_it_names(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker)
    put(platform, "de", "german")
    put(platform, "fr", "french")
    assert [ask(sagemaker, it)["version"] for it in ("de", "fr", "de")] == ["german", "french", "german"]


def test_a_loaded_model_outlives_a_change_of_its_file(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker)
    put(platform, "de", "first")
    first = ask(sagemaker, "de")
    put(platform, "de", "second")
    assert ask(sagemaker, "de") == first, "the same process of the same version"


def test_without_a_cache_each_request_loads_its_own(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker, cache="Disabled")
    put(platform, "de", "first")
    assert ask(sagemaker, "de")["version"] == "first"
    put(platform, "de", "second")
    assert ask(sagemaker, "de")["version"] == "second"


def test_one_models_failure_is_no_other_models(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker)
    put(platform, "de", "german")
    put(platform, "fr", "broken")
    with pytest.raises(ServiceError, match="cannot be loaded") as caught:
        ask(sagemaker, "fr")
    assert (caught.value.code, caught.value.status) == ("ModelError", 424)
    assert ask(sagemaker, "de")["version"] == "german"


def test_a_request_for_no_model_or_an_absent_one_is_refused(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker)
    with pytest.raises(ServiceError, match="missing a target model header"):
        invoke(sagemaker, {})
    with pytest.raises(ServiceError, match=r"Failed to download model data\(bucket: lake, key: models/tenants/nl/"):
        ask(sagemaker, "nl")


def test_an_endpoint_of_one_model_takes_no_target(serving: SageMaker) -> None:
    with pytest.raises(ServiceError, match="is not a multi-model endpoint"):
        ask(serving, "de")


def test_the_folder_must_be_a_prefix(sagemaker: SageMaker) -> None:
    with pytest.raises(ServiceError, match="must be a prefix"):
        endpoint(sagemaker, folder="s3://lake/models/tenants")


def test_batch_transform_takes_no_multi_model_container(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    endpoint(sagemaker)
    register_model(sagemaker, platform, "v1")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": platform.s3.put("in/a.jsonl", "{}\n")}}
    request = {
        "TransformJobName": "all",
        "ModelName": "many",
        "TransformInput": {"DataSource": source, "ContentType": "application/jsonlines", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": "s3://lake/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    sagemaker.call("CreateTransformJob", request)
    job = wait_for(lambda: ended(sagemaker), 30)
    assert "multi-model" in job["FailureReason"]
