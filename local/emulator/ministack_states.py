"""State machines act with the rights of their own role: every task is checked before it runs.

ministack runs integrations with the account's rights. On AWS a missing grant fails the task with the service's general
error, and so it does here when the loop enforces IAM.
"""

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from local.emulator import registry, roles
from local.emulator.ministack_core import ACCOUNT_ID, REGION, module

_role: ContextVar[str] = ContextVar("state_machine_role", default="")
_NAMES = {
    "FunctionName": ("lambda", "function:"),
    "TableName": ("dynamodb", "table/"),
    "StateMachineArn": ("states", "stateMachine:"),
    "TopicArn": ("sns", ""),
    "ExecutionArn": ("states", "execution:"),
    "JobName": ("glue", "job/"),
    "StackName": ("cloudformation", "stack/"),
}
_IAM_ACTIONS = {("lambda", "Invoke"): "InvokeFunction", ("s3", "ListObjectsV2"): "ListBucket"}
_IAM_PREFIXES = {"sfn": "states", "eventbridge": "events", "cloudwatchlogs": "logs"}


def install() -> None:
    """Check tasks, whichever way they are dispatched."""
    states = module("services.stepfunctions")
    states._AWS_SDK_SERVICE_MAP["cloudformation"] = {"protocol": "query"}
    states._AWS_SDK_ERROR_PREFIX["cloudformation"] = "CloudFormation"
    evaluate = states._evaluate_rule

    def evaluated(rule: Any, data: Any, ctx: Any = None) -> Any:
        if "StringMatches" not in rule:
            return evaluate(rule, data, ctx)
        value = states._resolve_path_or_ctx(rule["Variable"], data, ctx)
        pattern = ".*".join(re.escape(part) for part in rule["StringMatches"].split("*"))
        # A reason may have several lines, and a wildcard stands for all of them.
        return isinstance(value, str) and bool(re.fullmatch(pattern, value, re.DOTALL))

    states._evaluate_rule = evaluated
    run, invoke, call_back = states._run_execution, states._invoke_resource, states._invoke_with_callback

    def run_with_role(execution_arn: str) -> None:
        execution = states._executions.get(execution_arn) or {}
        machine = states._state_machines.get(execution.get("stateMachineArn", "")) or {}
        _role.set(machine.get("roleArn", ""))
        run(execution_arn)

    def checked(resource: str, task_input: Any) -> Any:
        _check(resource, task_input)
        return _numbered(invoke(resource, _texts(resource, task_input)))

    def checked_call_back(resource: str, task_input: Any, token: str, state: Any) -> Any:
        _check(resource, task_input)
        return call_back(resource, task_input, token, state)

    states._run_execution = run_with_role
    states._invoke_resource = checked
    states._invoke_with_callback = checked_call_back


def _numbered(result: Any) -> Any:
    """Counts of a listing as the SDK gives them; read off XML they would be texts."""
    if isinstance(result, dict) and str(result.get("KeyCount", "")).isdecimal():
        return {**result, "KeyCount": int(result["KeyCount"])}
    return result


def _texts(resource: str, task_input: Any) -> Any:
    """Step Functions puts the detail of an event on the bus as text, whatever it was given as."""
    if not resource.endswith(":events:putEvents"):
        return task_input
    entries = [
        {**it, "Detail": it["Detail"] if isinstance(it["Detail"], str) else json.dumps(it["Detail"])}
        for it in task_input["Entries"]
    ]
    return {**task_input, "Entries": entries}


def _check(resource: str, task_input: Any) -> None:
    document = task_input if isinstance(task_input, dict) else {}
    for action, resource_arn in _needed(resource.partition(".")[0], document):
        try:
            roles.require(_role.get(), action, resource_arn, "states")
        except roles.DeniedError as denied:
            states, service = module("services.stepfunctions"), action.partition(":")[0]
            prefix = states._AWS_SDK_ERROR_PREFIX.get(service, service.capitalize())
            raise states._ExecutionError(f"{prefix}.{prefix}Exception", str(denied)) from denied


def _needed(resource: str, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The (action, resource ARN) pairs of a task."""
    if ":lambda:" in resource and ":states:::" not in resource:
        return [("lambda:InvokeFunction", resource)]
    service, _, operation = resource.rpartition(":::")[2].removeprefix("aws-sdk:").partition(":")
    if not operation or service == "activity":
        return []
    operation = operation[0].upper() + operation[1:].partition(".")[0]
    if service in registry.services:
        return _registered(service, operation, document)
    prefix = _IAM_PREFIXES.get(service, service)
    action = _IAM_ACTIONS.get((service, operation), operation)
    return [(f"{prefix}:{action}", _arn(prefix, document))]


def _registered(service: str, operation: str, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    known = registry.services[service]
    if known.authorize is None:
        return []
    request = registry.Request(
        method="POST",
        path="/",
        headers={"x-amz-target": f"{known.targets[0]}{operation}"},
        query={},
        body=json.dumps(document, default=str).encode(),
        access_key="",
        account=ACCOUNT_ID,
        region=REGION,
    )
    return list(known.authorize(request))


def _arn(service: str, document: Mapping[str, Any]) -> str:
    """The resource a task names; ``*`` when it names none that is known here."""
    if "QueueUrl" in document:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{str(document['QueueUrl']).rpartition('/')[2]}"
    if service == "events" and "Entries" in document:
        return f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/default"
    if service == "s3" and "Bucket" in document:
        return "/".join([f"arn:aws:s3:::{document['Bucket']}", *filter(None, [document.get("Key")])])
    for member, (owner, path) in _NAMES.items():
        if owner == service and member in document:
            name = str(document[member])
            its_id = "/id" * (owner == "cloudformation")  # an ARN of a stack ends in an id that nobody names
            return name if name.startswith("arn:") else f"arn:aws:{owner}:{REGION}:{ACCOUNT_ID}:{path}{name}{its_id}"
    return "*"
