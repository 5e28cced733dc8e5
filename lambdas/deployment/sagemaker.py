"""What deployment asks and tells SageMaker: which configuration serves, and whether a package is still approved."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.deployment.ports import Registered
from lambdas.shared.failures import code_of, translate

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

SETTLED = "headrace-settled-update"
"""The package's metadata under which the token of the last update that was dealt with is kept."""


class SageMakerEndpoint:
    """The endpoint by name."""

    def __init__(self, client: "SageMakerClient", name: str) -> None:
        self._client, self._name = client, name

    def config(self) -> str:
        """The name of the configuration that serves; empty if there is no endpoint.

        Raises:
            RetryableError: if SageMaker throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            return self._client.describe_endpoint(EndpointName=self._name)["EndpointConfigName"]
        except (ClientError, BotoCoreError) as exc:
            if _is_absent(exc):
                return ""
            raise translate(exc, doing="describing the endpoint") from exc


class ModelRegistry:
    """Model packages by ARN."""

    def __init__(self, client: "SageMakerClient") -> None:
        self._client = client

    def find(self, arn: str) -> Registered | None:
        """A package; None if it was deleted.

        Raises:
            RetryableError: if SageMaker throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            package = self._client.describe_model_package(ModelPackageName=arn)
        except (ClientError, BotoCoreError) as exc:
            if _is_absent(exc):
                return None
            raise translate(exc, doing="describing a model package") from exc
        return Registered(
            approval=package.get("ModelApprovalStatus", ""),
            settled=package.get("CustomerMetadataProperties", {}).get(SETTLED, ""),
        )

    def settle(self, arn: str, *, token: str, rejection: str = "") -> None:
        """Note that an update's end is dealt with; with a reason, reject the package for it in the same call.

        Raises:
            RetryableError: if SageMaker throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        noted = {SETTLED: token}
        try:
            if rejection:
                self._client.update_model_package(
                    ModelPackageArn=arn,
                    ModelApprovalStatus="Rejected",
                    ApprovalDescription=rejection,
                    CustomerMetadataProperties=noted,
                )
            else:
                self._client.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties=noted)
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="noting a rollout's end at its model package") from exc

    def hold(self, arn: str, reason: str) -> None:
        """Take an approval back; the reason stands where whoever approved looks.

        Raises:
            RetryableError: if SageMaker throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            self._client.update_model_package(
                ModelPackageArn=arn, ModelApprovalStatus="PendingManualApproval", ApprovalDescription=reason
            )
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="taking back an approval") from exc


def _is_absent(exc: ClientError | BotoCoreError) -> bool:
    """SageMaker has no error code of its own for most of what is not there."""
    return (
        isinstance(exc, ClientError)
        and code_of(exc) in ("ValidationException", "ResourceNotFound")
        and any(words in str(exc) for words in ("does not exist", "ould not find", "not found"))
    )
