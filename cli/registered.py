"""Registered models: which one serves, and each loaded on this machine from its artifact as the endpoint loads it."""

import tempfile
from pathlib import Path

from cli.deployment import Deployment
from pipelines.jobs import artifact, inference
from pipelines.jobs.inference import ServedModel


def model_of(deployment: Deployment, package: str) -> ServedModel:
    """The model of a package, by its ARN.

    Raises:
        TrainingSetError: if its archive is no artifact of ours.
    """
    bucket, key = place_of(deployment, package)
    with tempfile.TemporaryDirectory(prefix="headrace-model-") as scratch:
        packed, unpacked = Path(scratch, "packed"), Path(scratch, "model")
        packed.mkdir()
        deployment.s3.download_file(bucket, key, str(packed / artifact.ARCHIVE))
        return inference.model_fn(str(artifact.unpack(packed, unpacked)))


def place_of(deployment: Deployment, package: str) -> tuple[str, str]:
    """Bucket and key of a package's artifact, by its ARN."""
    described = deployment.sagemaker.describe_model_package(ModelPackageName=package)
    url = described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def packages(deployment: Deployment) -> list[str]:
    """The ARN of every registered model, the oldest first."""
    pages = deployment.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=deployment.output("training", "ModelPackageGroupName"),
        SortBy="CreationTime",
        SortOrder="Ascending",
    )
    return [one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]]


def served(deployment: Deployment, endpoint: str) -> str:
    """The ARN of the package that an endpoint serves by now; empty if its model is made of none, as one of many is."""
    sagemaker = deployment.sagemaker
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    return str(model.get("PrimaryContainer", {}).get("ModelPackageName", ""))
