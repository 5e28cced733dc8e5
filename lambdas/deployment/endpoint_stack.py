"""The endpoint stack in CloudFormation: its state, its update, and how the last update of ours ended."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from lambdas.deployment.messages import Operation
from lambdas.deployment.ports import StackState, Update
from lambdas.deployment.settings import RESOURCE_TYPES
from lambdas.shared.failures import code_of, translate

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackEventTypeDef

_STACK, _CONFIG = "AWS::CloudFormation::Stack", "AWS::SageMaker::EndpointConfig"
_MOST_PAGES = 20
"""Of a hundred events each; an update of ours has about twenty."""


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
            arn=stack.get("StackId", ""),
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

    def last_update(self) -> Update | None:
        """The newest update of ours; None if there was none among the events that CloudFormation still shows.

        Raises:
            RetryableError: if CloudFormation throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        token, status, reason, at = "", "", "", 0.0
        for event in self._events():  # the newest first
            found = event.get("ClientRequestToken", "")
            if not token and Operation.of(found):
                token = found
            if token and found != token:
                break
            if token:
                own = event.get("ResourceType") == _STACK and event.get("PhysicalResourceId") == event["StackId"]
                if own and not status:
                    status, at = event.get("ResourceStatus", ""), _time(event)
                reason = _failure(event) or reason  # the first failure is the cause of the others
        return Update(token, status, reason, at) if token else None

    def _events(self) -> "Iterator[StackEventTypeDef]":
        pages = self._client.get_paginator("describe_stack_events").paginate(
            StackName=self._name, PaginationConfig={"MaxItems": _MOST_PAGES * 100}
        )
        try:
            for page in pages:
                yield from page["StackEvents"]
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="reading the endpoint stack's events") from exc

    def endpoint_config(self) -> str:
        """The name of its endpoint configuration; empty if it has none.

        Raises:
            RetryableError: if CloudFormation throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self._name)
            found = [
                str(it.get("PhysicalResourceId", "")).rpartition("/")[2]
                for page in pages
                for it in page["StackResourceSummaries"]
                if it["ResourceType"] == _CONFIG and it["ResourceStatus"] != "DELETE_COMPLETE"
            ]
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="listing the endpoint stack's resources") from exc
        return found[0] if found else ""


def _time(event: "StackEventTypeDef") -> float:
    found = event.get("Timestamp")
    return found.timestamp() if found else 0.0


def _failure(event: "StackEventTypeDef") -> str:
    """Why a resource failed; empty if it did not, or only because another one did."""
    reason = event.get("ResourceStatusReason", "")
    failed = event.get("ResourceStatus", "").endswith("_FAILED") and event.get("ResourceType") != _STACK
    return reason if failed and "cancelled" not in reason else ""


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
