"""The monitoring function's hands: the lake, and the endpoint with the model package behind it."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.monitoring.logic import Monitoring
from lambdas.monitoring.requests import DeployedModel
from lambdas.monitoring.settings import Settings
from lambdas.shared.clients import client
from lambdas.shared.failures import translate
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


class WatchedEndpoint:
    """From the endpoint's name to the model package that it serves."""

    def __init__(self, client: "SageMakerClient", name: str, variant: str) -> None:
        self._client = client
        self._name = name
        self._variant = variant

    def deployed(self) -> DeployedModel | None:
        """See ``logic.Endpoint``."""
        try:
            return self._deployed()
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and "Could not find endpoint" in str(exc):
                return None
            raise translate(exc, doing="looking for the deployed model") from exc

    def _deployed(self) -> DeployedModel | None:
        endpoint = self._client.describe_endpoint(EndpointName=self._name)
        config = self._client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        variants = {it["VariantName"]: it for it in config["ProductionVariants"]}
        if self._variant not in variants:
            return None
        name = variants[self._variant].get("ModelName", "")
        model = self._client.describe_model(ModelName=name)
        arn = model.get("PrimaryContainer", {}).get("ModelPackageName")
        if not arn:
            return None
        package: Any = self._client.describe_model_package(ModelPackageName=arn)
        baselines = package.get("DriftCheckBaselines", {})
        containers = package.get("InferenceSpecification", {}).get("Containers", [{}])
        return DeployedModel(
            package_arn=package["ModelPackageArn"],
            baseline=_folder(baselines.get("ModelDataQuality", {}).get("Statistics", {})),
            evaluation=_folder(baselines.get("ModelQuality", {}).get("Statistics", {})),
            bias=_folder(baselines.get("Bias", {}).get("PostTrainingConstraints", {})),
            explanation=_folder(baselines.get("Explainability", {}).get("Constraints", {})),
            model=containers[0].get("ModelDataUrl", ""),
            model_name=name,
        )


def _folder(source: dict[str, str]) -> str:
    """The folder of a document: what belongs to it lies beside it."""
    return source.get("S3Uri", "").rpartition("/")[0]


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> Monitoring:
    """The function, wired to AWS; once per process."""
    its = settings()
    return Monitoring(
        usecase=features(its.usecase).usecase,
        stage=its.stage,
        bucket=its.lake_bucket,
        endpoint_name=its.endpoint_name,
        variant=its.variant,
        packages=its.packages,
        lake=LakeBucket(client("s3"), its.lake_bucket),
        endpoint=WatchedEndpoint(client("sagemaker"), its.endpoint_name, its.variant),
    )
