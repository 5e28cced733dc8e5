"""Deploys an unmodified CDK cloud assembly to the local AWS with boto3: bootstrap, assets, stacks, outputs.

What ``cdk deploy`` does, without Node and in a tenth of the time. A failure names the resource and its reason.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from headrace.errors import HeadraceError
from local.assembly import Stack, stacks
from local.assets import bootstrap, upload
from local.clients import ACCOUNT_ID, REGION, client

_POLL_S = 0.1
_LIMIT_S = 900.0
_TEMPLATE_BODY_BYTES = 51_200
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]

Outputs = dict[str, str]
Report = Callable[[int, int, str], None]
"""Called with how many stacks are done, how many there are, and what is being done."""


class DeployError(HeadraceError):
    """A stack could not be created or updated. Names the stack, the resource and the reason."""

    def __init__(self, stack: str, reason: str) -> None:
        super().__init__(f"stack {stack}: {reason}")
        self.stack = stack
        self.reason = reason


def silent(_done: int, _total: int, _doing: str) -> None:
    """Report to nobody."""


def deploy(assembly_dir: Path, endpoint_url: str, report: Report = silent) -> dict[str, Outputs]:
    """Create or update every stack of an assembly.

    Args:
        assembly_dir: What ``cdk synth`` wrote.
        endpoint_url: The emulator.
        report: Called as it goes.

    Returns:
        The outputs of each stack by stack name.

    Raises:
        AssemblyError: the directory cannot be deployed.
        DeployError: a stack failed; it has been rolled back.
    """
    cloudformation = client("cloudformation", endpoint_url)
    storage = client("s3", endpoint_url)
    found = stacks(assembly_dir, account=ACCOUNT_ID, region=REGION)
    bootstrap(storage, client("ssm", endpoint_url), found)
    outputs: dict[str, Outputs] = {}
    for done, stack in enumerate(found):
        report(done, len(found), f"{stack.name}: assets")
        for asset in stack.assets:
            upload(storage, asset)
        report(done, len(found), f"{stack.name}: resources")
        outputs[stack.name] = _deploy_stack(cloudformation, stack)
    report(len(found), len(found), f"{len(found)} stacks")
    return outputs


def update_parameters(stack_name: str, parameters: Mapping[str, str], endpoint_url: str) -> Outputs:
    """Change parameters of a deployed stack and nothing else, as the deployment function does; waits for the end.

    Raises:
        DeployError: the update failed and was rolled back.
    """
    cloudformation = client("cloudformation", endpoint_url)
    known = _describe(cloudformation, stack_name)
    if known is None:
        raise DeployError(stack_name, "does not exist")
    values = _previous_parameters(known) | {key: {"ParameterValue": value} for key, value in parameters.items()}
    request = {
        "StackName": stack_name,
        "UsePreviousTemplate": True,
        "Capabilities": _CAPABILITIES,
        "Parameters": [{"ParameterKey": key, **value} for key, value in values.items()],
    }
    return _run(cloudformation, "update_stack", stack_name, request)


def _deploy_stack(cloudformation: Any, stack: Stack) -> Outputs:
    known = _describe(cloudformation, stack.name)
    if known and known["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        cloudformation.delete_stack(StackName=stack.name)
        _wait(cloudformation, stack.name)
        known = None
    values = _previous_parameters(known) if known else {}
    declared = stack.template.read_text()
    values |= {key: {"ParameterValue": value} for key, value in stack.parameters.items()}
    request = {
        "StackName": stack.name,
        **_template(stack, declared),
        "Capabilities": _CAPABILITIES,
        "Parameters": [{"ParameterKey": key, **value} for key, value in values.items() if f'"{key}"' in declared],
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }
    return _run(cloudformation, "update_stack" if known else "create_stack", stack.name, request)


def _template(stack: Stack, body: str) -> dict[str, str]:
    if stack.template_url and len(body.encode()) > _TEMPLATE_BODY_BYTES:
        return {"TemplateURL": stack.template_url}
    return {"TemplateBody": body}


def _previous_parameters(known: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["ParameterKey"]: {"UsePreviousValue": True} for item in known.get("Parameters", [])}


def _run(cloudformation: Any, operation: str, stack_name: str, request: Mapping[str, Any]) -> Outputs:
    try:
        getattr(cloudformation, operation)(**request)
    except ClientError as exc:
        message = exc.response["Error"]["Message"]
        if "No updates are to be performed" not in message:
            raise DeployError(stack_name, message) from exc
        return _outputs(_wait(cloudformation, stack_name) or {})
    stack = _wait(cloudformation, stack_name)
    if stack is None or stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployError(stack_name, _reason(cloudformation, stack_name, stack))
    return _outputs(stack)


def _outputs(stack: Mapping[str, Any]) -> Outputs:
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


def _describe(cloudformation: Any, stack_name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as exc:
        if "does not exist" in exc.response["Error"]["Message"]:
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _wait(cloudformation: Any, stack_name: str) -> dict[str, Any] | None:
    deadline = time.monotonic() + _LIMIT_S
    while (stack := _describe(cloudformation, stack_name)) and stack["StackStatus"].endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeployError(stack_name, f"still {stack['StackStatus']} after {_LIMIT_S:.0f} s")
        time.sleep(_POLL_S)
    return stack


def _reason(cloudformation: Any, stack_name: str, stack: Mapping[str, Any] | None) -> str:
    """The first resource that failed in this operation, and why."""
    events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    for event in reversed(_latest_operation(events, stack_name)):
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
            return f"resource {event['LogicalResourceId']} ({event['ResourceType']}) failed: {reason}"
    return f"ended as {stack['StackStatus'] if stack else 'deleted'}"


def _latest_operation(events: list[dict[str, Any]], stack_name: str) -> list[dict[str, Any]]:
    """The events since the stack's last create or update began; newest first."""
    for index, event in enumerate(events):
        started = event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
        if started and event["LogicalResourceId"] == stack_name:
            return events[:index]
    return events
