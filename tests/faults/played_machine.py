"""A state machine of the templates, walked by the emulator's interpreter around services that a test plays.

Every task is held against the machine's role before it runs, and one task may be made to fail.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from call_rights import needed_by_task
from ministack.core.responses import request_scope
from ministack.services import dynamodb, stepfunctions
from role_grants import ACCOUNT, REGION
from role_guard import Guard

Answering = Callable[[Mapping[str, Any]], Any]
Refused = stepfunctions._ExecutionError
KINDS = ("throttle", "server error", "access denied", "timeout before", "timeout after success")
_LATE = "timeout after success"
_GENERAL = {
    "cloudformation": "CloudFormation.CloudFormationException",
    "cloudwatch": "CloudWatch.CloudWatchException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "glue": "Glue.AWSGlueException",
    "sagemaker": "SageMaker.SageMakerException",
}
"""What a service's errors are called that it does not model by names of their own."""


@dataclass(frozen=True)
class TaskFault:
    """``kind`` strikes a state's task in the first execution: once or, if ``lasting``, every time."""

    state: str
    kind: str
    lasting: bool = False


class _NoTime:
    @staticmethod
    def sleep(_seconds: float) -> None:
        """Nobody waits."""


@dataclass
class PlayedMachine:
    """``answers`` plays every operation that is none of DynamoDB's, by its name in the definition."""

    arn: str
    definition: str
    answers: Mapping[str, Answering]
    table: str = ""
    guard: Guard | None = None
    fault: TaskFault | None = None
    tasks: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    """The tasks of the first execution, which faults strike."""
    struck: int = 0

    def run(
        self,
        inputs: Sequence[Mapping[str, Any]],
        *,
        before: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
        each: Callable[[], None] | None = None,
    ) -> list[str]:
        """One execution after another, with a look at the world before, after, and after each. Returns their ends."""
        with pytest.MonkeyPatch.context() as patch, request_scope(ACCOUNT, REGION):
            self._prepare(patch)
            if before:
                before()
            ends = []
            for number, document in enumerate(inputs):
                ends.append(self._execute(f"run-{number}", document))
                self.first = self.first or list(self.tasks)
                if each:
                    each()
            if after:
                after()
            return ends

    def _prepare(self, patch: pytest.MonkeyPatch) -> None:
        known = {"definition": self.definition, "name": self.arn.rpartition(":")[2], "roleArn": "role"}
        execute = stepfunctions._execute_task

        def named(state: Any, given: Any, execution: Any, context: Any) -> Any:
            self.tasks.append(context["State"]["Name"])
            return execute(state, given, execution, context)

        for name, value in {
            "_state_machines": {self.arn: known},
            "_executions": {},
            "_execute_task": named,
            "_invoke_resource": self._invoke,
            "_scaled_sleep": _NoTime.sleep,
            "_emit_execution_status_event": lambda _: None,
            "time": _NoTime,
        }.items():
            patch.setattr(stepfunctions, name, value)
        if self.table:
            patch.setattr(dynamodb, "_tables", {})
            keys = {"subject": "HASH", "entry_id": "RANGE"}
            dynamodb._create_table(
                {
                    "TableName": self.table,
                    "KeySchema": [{"AttributeName": it, "KeyType": kind} for it, kind in keys.items()],
                    "AttributeDefinitions": [{"AttributeName": it, "AttributeType": "S"} for it in keys],
                    "BillingMode": "PAY_PER_REQUEST",
                }
            )

    def _execute(self, name: str, document: Mapping[str, Any]) -> str:
        arn = f"{self.arn.replace(':stateMachine:', ':execution:')}:{name}"
        stepfunctions._executions[arn] = {
            "executionArn": arn, "stateMachineArn": self.arn, "name": name, "status": "RUNNING",
            "startDate": "2026-01-01T00:00:00.000Z", "stopDate": None, "input": json.dumps(document), "output": None,
            "events": [], "testCase": "", "mockAttempts": {},
        }  # fmt: skip
        stepfunctions._run_execution(arn)
        found = stepfunctions._executions[arn]
        return str(found["status"])

    def _invoke(self, resource: str, document: Mapping[str, Any]) -> Any:
        kind = self._strikes()
        service = resource.partition(":::")[2].removeprefix("aws-sdk:").partition(":")[0] or "lambda"
        if kind and kind != _LATE:
            raise _error(service, kind)
        for right in needed_by_task(resource, document) if self.guard else ():
            if self.guard and not self.guard.allows(right):
                raise _error(service, "access denied")
        answer = self._answer(resource, service, document)
        if kind:
            raise _error(service, kind)
        return answer

    def _answer(self, resource: str, service: str, document: Mapping[str, Any]) -> Any:
        operation = resource.rpartition(":")[2].partition(".")[0] if ":::" in resource else "function"
        if service == "dynamodb":
            return stepfunctions._invoke_dynamodb(operation, document)
        return self.answers[operation](document)

    def _strikes(self) -> str:
        fault, state = self.fault, self.tasks[-1]
        if fault is None or len(stepfunctions._executions) > 1 or fault.state != state:
            return ""
        if self.struck and not fault.lasting:
            return ""
        self.struck += 1
        return fault.kind


def _error(service: str, kind: str) -> Exception:
    """How a failed task is told: of what a service does not model by name, the service's general error."""
    if kind.startswith("timeout"):
        return _refused("States.Timeout", "no answer")
    if service == "lambda":
        names = {"throttle": "Lambda.TooManyRequestsException", "server error": "Lambda.ServiceException"}
        return _refused(names.get(kind, "Lambda.AccessDeniedException"), kind)
    if service == "dynamodb" and kind == "throttle":
        return _refused("DynamoDB.ThrottlingException", kind)
    name = service.capitalize()
    return _refused(_GENERAL.get(service, f"{name}.{name}Exception"), kind)


def _refused(name: str, cause: str) -> Exception:
    error: Exception = Refused(name, cause)
    return error
