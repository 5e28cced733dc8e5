"""How deployment asks SageMaker what serves and what a package is, and notes an end there, on the wire."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from rollout_world import arn
from stubbed_clients import TOKEN, stubbed

from headrace.errors import RetryableError
from lambdas.deployment.ports import Registered
from lambdas.deployment.sagemaker import SETTLED, ModelRegistry, SageMakerEndpoint
from lambdas.shared.failures import DependencyError


@pytest.fixture
def sagemaker() -> Iterator[Stubber]:
    yield from stubbed("sagemaker")


def test_the_configuration_that_serves_is_what_describe_endpoint_names(sagemaker: Stubber) -> None:
    described = {
        "EndpointName": "e",
        "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/e",
        "EndpointConfigName": "config-7",
        "EndpointStatus": "InService",
        "CreationTime": 0,
        "LastModifiedTime": 0,
    }
    sagemaker.add_response("describe_endpoint", described, {"EndpointName": "e"})
    absent = 'Could not find endpoint "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/e".'
    sagemaker.add_client_error("describe_endpoint", "ValidationException", absent, http_status_code=400)
    sagemaker.add_client_error("describe_endpoint", "AccessDeniedException", "not authorized", http_status_code=400)
    endpoint = SageMakerEndpoint(sagemaker.client, "e")
    assert [endpoint.config(), endpoint.config()] == ["config-7", ""]
    with pytest.raises(DependencyError, match="describing the endpoint"):
        endpoint.config()


def test_a_package_is_found_with_its_approval_and_what_was_noted(sagemaker: Stubber) -> None:
    package = {
        "ModelPackageName": "p",
        "ModelPackageArn": arn(2),
        "CreationTime": 0,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {SETTLED: TOKEN},
    }
    sagemaker.add_response("describe_model_package", package, {"ModelPackageName": arn(2)})
    absent = f"ModelPackage {arn(3)} does not exist."
    sagemaker.add_client_error("describe_model_package", "ValidationException", absent, http_status_code=400)
    sagemaker.add_client_error("describe_model_package", "ThrottlingException", "slow", http_status_code=400)
    registry = ModelRegistry(sagemaker.client)
    assert registry.find(arn(2)) == Registered("Approved", TOKEN)
    assert registry.find(arn(3)) is None
    with pytest.raises(RetryableError, match="describing a model package"):
        registry.find(arn(2))


def test_an_end_is_noted_and_a_failed_package_rejected_in_one_call(sagemaker: Stubber) -> None:
    noted = {"ModelPackageArn": arn(2), "CustomerMetadataProperties": {SETTLED: TOKEN}}
    rejected = {**noted, "ModelApprovalStatus": "Rejected", "ApprovalDescription": "alarms went off"}
    sagemaker.add_response("update_model_package", {"ModelPackageArn": arn(2)}, noted)
    sagemaker.add_response("update_model_package", {"ModelPackageArn": arn(2)}, rejected)
    sagemaker.add_client_error("update_model_package", "AccessDeniedException", "no", http_status_code=400)
    registry = ModelRegistry(sagemaker.client)
    registry.settle(arn(2), token=TOKEN)
    registry.settle(arn(2), token=TOKEN, rejection="alarms went off")
    with pytest.raises(DependencyError, match="noting a rollout's end"):
        registry.settle(arn(2), token=TOKEN)
