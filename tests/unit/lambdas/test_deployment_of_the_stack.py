"""The endpoint stack on the wire: what is read of it, what an update sends, and what each refusal means."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from headrace.errors import RetryableError
from lambdas.deployment.endpoint_stack import CloudFormationStack
from lambdas.deployment.ports import StackState
from lambdas.deployment.settings import RESOURCE_TYPES
from lambdas.shared.clients import client
from lambdas.shared.failures import DependencyError


def arn(version: int) -> str:
    """A version of the group."""
    return f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/headrace-fraud-dev/{version}"


PARAMETERS = [
    {"ParameterKey": "BootstrapVersion", "ParameterValue": "/cdk-bootstrap/version", "ResolvedValue": "21"},
    {"ParameterKey": "ModelPackageArn", "ParameterValue": arn(1)},
    {"ParameterKey": "AlarmTopic"},
]
STATE = StackState(
    "UPDATE_COMPLETE",
    {"BootstrapVersion": "/cdk-bootstrap/version", "ModelPackageArn": arn(1), "AlarmTopic": ""},
    ("CAPABILITY_IAM",),
)
REQUEST = {
    "StackName": "headrace-fraud-dev-endpoint",
    "UsePreviousTemplate": True,
    "Parameters": [
        {"ParameterKey": "BootstrapVersion", "UsePreviousValue": True},
        {"ParameterKey": "AlarmTopic", "UsePreviousValue": True},
        {"ParameterKey": "ModelPackageArn", "ParameterValue": arn(2)},
    ],
    "Capabilities": ["CAPABILITY_IAM"],
    "ResourceTypes": list(RESOURCE_TYPES),
    "ClientRequestToken": "deploy-token",
}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(client("cloudformation")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def update(stub: Stubber) -> bool:
    stack = CloudFormationStack(stub.client, "headrace-fraud-dev-endpoint")
    return stack.update(STATE, parameter="ModelPackageArn", value=arn(2), token="deploy-token")


def test_the_stack_is_described_with_its_parameters_and_capabilities(stub: Stubber) -> None:
    stub.add_response(
        "describe_stacks",
        {
            "Stacks": [
                {
                    "StackName": "headrace-fraud-dev-endpoint",
                    "CreationTime": "2023-11-14T22:13:20Z",
                    "StackStatus": "UPDATE_COMPLETE",
                    "Parameters": PARAMETERS,
                    "Capabilities": ["CAPABILITY_IAM"],
                }
            ]
        },
        {"StackName": "headrace-fraud-dev-endpoint"},
    )
    assert CloudFormationStack(stub.client, "headrace-fraud-dev-endpoint").state() == STATE


def test_an_update_keeps_template_and_every_other_parameter(stub: Stubber) -> None:
    stub.add_response("update_stack", {"StackId": "id"}, REQUEST)
    assert update(stub)


@pytest.mark.parametrize(
    ("code", "message", "started"),
    [
        ("ValidationError", "No updates are to be performed.", False),
        ("TokenAlreadyExistsException", "A client request token already exists", True),
    ],
)
def test_an_update_that_is_not_needed_is_a_success(stub: Stubber, code: str, message: str, started: bool) -> None:
    stub.add_client_error("update_stack", code, message, http_status_code=400, expected_params=REQUEST)
    assert update(stub) is started


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("ValidationError", "Stack:arn:x is in UPDATE_IN_PROGRESS state and can not be updated.", RetryableError),
        ("Throttling", "Rate exceeded", RetryableError),
        ("ValidationError", "Resource type AWS::IAM::Role is not allowed by parameter ResourceTypes", DependencyError),
        ("AccessDenied", "not authorized to perform cloudformation:UpdateStack", DependencyError),
    ],
)
def test_a_refused_update_says_whether_trying_again_may_help(
    stub: Stubber, code: str, message: str, error: type[Exception]
) -> None:
    stub.add_client_error("update_stack", code, message, http_status_code=400)
    with pytest.raises(error):
        update(stub)


def test_a_stack_that_cannot_be_reached_or_described_is_reported(
    stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = CloudFormationStack(stub.client, "headrace-fraud-dev-endpoint")
    stub.add_client_error("describe_stacks", "ValidationError", "Stack does not exist", http_status_code=400)
    with pytest.raises(DependencyError, match="describing the endpoint stack"):
        stack.state()

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://x")

    monkeypatch.setattr(stub.client, "update_stack", unreachable)
    with pytest.raises(RetryableError, match="updating the endpoint stack"):
        update(stub)
