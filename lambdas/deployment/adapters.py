"""The deployment function's hands: the endpoint stack in CloudFormation."""

import os
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from lambdas.deployment.logic import Deployment, StackState
from lambdas.deployment.settings import RESOURCE_TYPES, Settings
from lambdas.shared.clients import client
from lambdas.shared.failures import code_of, translate

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef


class CloudFormationStack:
    """One stack by name."""

    def __init__(self, client: "CloudFormationClient", name: str) -> None:
        self._client = client
        self._name = name

    def state(self) -> StackState:
        """Its present state.

        Raises:
            RetryableError: if CloudFormation throttles or cannot be reached.
            DependencyError: if it refuses, or there is no such stack.
        """
        try:
            stack = self._client.describe_stacks(StackName=self._name)["Stacks"][0]
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="describing the endpoint stack") from exc
        return StackState(
            status=stack["StackStatus"],
            parameters={it["ParameterKey"]: it.get("ParameterValue", "") for it in stack.get("Parameters", [])},
            capabilities=tuple(stack.get("Capabilities", [])),
        )

    def update(self, state: StackState, *, parameter: str, value: str, token: str) -> bool:
        """Change one parameter. Every other is sent as it is: one that is left out would fall back to its default.

        Returns:
            Whether this call or an earlier one with the same token started an update; False if nothing changes.

        Raises:
            RetryableError: if the stack is busy, or CloudFormation throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        kept: list[ParameterTypeDef] = [
            {"ParameterKey": name, "UsePreviousValue": True} for name in state.parameters if name != parameter
        ]
        try:
            self._client.update_stack(
                StackName=self._name,
                UsePreviousTemplate=True,
                Parameters=[*kept, {"ParameterKey": parameter, "ParameterValue": value}],
                Capabilities=list(state.capabilities),  # type: ignore[arg-type]  # as DescribeStacks gave them
                ResourceTypes=list(RESOURCE_TYPES),
                ClientRequestToken=token,
            )
        except (ClientError, BotoCoreError) as exc:
            return _is_started(exc)
        return True


def _is_started(exc: ClientError | BotoCoreError) -> bool:
    """What a refused update means. Raises unless it means that all is well."""
    if isinstance(exc, ClientError):
        if code_of(exc) == "TokenAlreadyExistsException":
            return True
        if code_of(exc) == "ValidationError" and "No updates are to be performed" in str(exc):
            return False
        if code_of(exc) == "ValidationError" and "_IN_PROGRESS" in str(exc):
            raise RetryableError("the stack became busy") from exc
    raise translate(exc, doing="updating the endpoint stack") from exc


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> Deployment:
    """The function, wired to AWS; once per process."""
    its = settings()
    return Deployment(
        stack=CloudFormationStack(client("cloudformation"), its.stack_name),
        group=its.model_package_group,
        parameter=its.package_parameter,
    )
