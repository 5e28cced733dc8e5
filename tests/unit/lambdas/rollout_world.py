"""A world for deployment: a stack, its endpoint, the registry and the bus, and the events that AWS sends of them."""

import json
from typing import Any, cast

from headrace.errors import RetryableError
from headrace.events import BusEvent
from lambdas.deployment.logic import Message, deploy_all
from lambdas.deployment.ports import Deployment, Registered, StackState, Update

GROUP = "headrace-fraud-dev"
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/headrace-fraud-dev-endpoint/1f7b"


def arn(version: int, group: str = GROUP) -> str:
    return f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{group}/{version}"


def approval(version: int, *, group: str = GROUP, status: str = "Approved", changed: str = "t1") -> str:
    detail = {"ModelPackageArn": arn(version, group), "ModelApprovalStatus": status, "LastModifiedTime": changed}
    kind = "SageMaker Model Package State Change"
    return json.dumps({"id": "i", "source": "aws.sagemaker", "detail-type": kind, "time": "t0", "detail": detail})


def rollback(version: int, **detail: str) -> str:
    told = {"ModelPackageArn": arn(version), **detail}
    kind = "Model Rollback Requested"
    return json.dumps({"id": "r", "source": "headrace", "detail-type": kind, "detail": told})


def ended(token: str, status: str = "UPDATE_COMPLETE", *, stack: str = STACK) -> str:
    detail = {
        "stack-id": stack,
        "status-details": {"status": status, "status-reason": ""},
        "client-request-token": token,
    }
    kind = "CloudFormation Stack Status Change"
    return json.dumps({"id": "e", "source": "aws.cloudformation", "detail-type": kind, "detail": detail})


class World:
    """Everything at once. An update takes effect when ``finish`` says so, or at once unless it is ``slow``."""

    def __init__(self, deployed: int | str = "", status: str = "UPDATE_COMPLETE", *, slow: bool = False) -> None:
        self.status, self.slow = status, slow
        self.parameters = {"ModelPackageArn": arn(deployed) if isinstance(deployed, int) else deployed, "Other": "21"}
        self.named = self.served = "config-0" if deployed else ""
        self.updates: list[str] = []
        self.last: Update | None = None
        self.packages: dict[str, Registered] = {}
        self.reasons: dict[str, str] = {}
        self.frozen = ""
        self.events: list[BusEvent] = []
        self._before = ("", "")

    def state(self) -> StackState:
        return StackState(self.status, dict(self.parameters), arn=STACK)

    def update(self, state: StackState, *, parameter: str, value: str, token: str) -> bool:
        if self.status.endswith("_IN_PROGRESS"):
            raise RetryableError("busy")
        if self.parameters[parameter] == value:
            return False
        self._before = (self.parameters[parameter], self.named)
        self.parameters[parameter] = value
        self.named = f"config-{len(self.updates) + 1}"
        self.updates.append(value)
        self.status, self.last = "UPDATE_IN_PROGRESS", Update(token, "UPDATE_IN_PROGRESS")
        if not self.slow:
            self.finish()
        return True

    def finish(self, status: str = "UPDATE_COMPLETE", reason: str = "", at: float = 0.0) -> str:
        """End the running update; returns the event about it."""
        assert self.last is not None
        if status == "UPDATE_COMPLETE":
            self.served = self.named
        else:
            self.parameters["ModelPackageArn"], self.named = self._before
        self.status, self.last = status, Update(self.last.token, status, reason, at)
        return ended(self.last.token, status)

    def last_update(self) -> Update | None:
        return self.last

    def endpoint_config(self) -> str:
        return self.named

    def config(self) -> str:
        return self.served

    def find(self, arn: str) -> Registered | None:
        return self.packages.get(arn, Registered("Approved"))

    def settle(self, arn: str, *, token: str, rejection: str = "") -> None:
        known = self.find(arn)
        assert known is not None
        self.packages[arn] = Registered("Rejected" if rejection else known.approval, token)
        if rejection:
            self.reasons[arn] = rejection

    def hold(self, arn: str, reason: str) -> None:
        self.packages[arn], self.reasons[arn] = Registered("PendingManualApproval"), reason

    def reason(self) -> str:
        return self.frozen

    def publish(self, event: BusEvent) -> None:
        self.events.append(event)

    @property
    def told(self) -> list[str]:
        """The kinds of event on the bus."""
        return [it.detail_type for it in self.events]

    @property
    def function(self) -> Deployment:
        """The function in this world."""
        whole = cast(Any, self)
        return Deployment(
            stack=whole,
            endpoint=whole,
            registry=whole,
            bus=whole,
            usecase="fraud",
            stage="dev",
            stack_name="headrace-fraud-dev-endpoint",
            endpoint_name="headrace-fraud-dev",
            group=GROUP,
            parameter="ModelPackageArn",
            clock=lambda: 1_767_225_600.0,
            freeze=whole,
        )

    def results(self, *bodies: str) -> list[str]:
        """The result of each message, in their order."""
        handled = deploy_all([Message(str(number), body) for number, body in enumerate(bodies)], self.function)
        return [it.result for it in sorted(handled, key=lambda it: int(it.message.id))]
