"""An approved model package becomes the endpoint stack's parameter; nothing else of the stack changes.

Approvals may come twice, late, out of order and in crowds. What is deployed decides: an approval of the same or an
older version changes nothing, and while the stack is busy an approval waits in its queue. Going back is its own
message: source ``headrace``, detail-type ``Model Rollback Requested``, detail ``{"ModelPackageArn": …}``.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from headrace.errors import HeadraceError, RejectedError, RetryableError

Result = Literal["started", "current", "superseded", "ignored", "waiting", "blocked"]
APPROVAL = "SageMaker Model Package State Change"
ROLLBACK = "Model Rollback Requested"
_PACKAGE = re.compile(r"arn:[^:]+:sagemaker:[^:]+:\d{12}:model-package/(?P<group>[^/]+)/(?P<version>\d+)")
_SETTLED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})


class BlockedError(HeadraceError):
    """The stack is in a state that only people can lead out of. The message pages them and ends in the DLQ."""


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a model package group."""

    arn: str
    group: str
    version: int

    @classmethod
    def of(cls, arn: str) -> "Package":
        """Read an ARN. Raises RejectedError if it does not name a version of a group."""
        match = _PACKAGE.fullmatch(arn)
        if not match:
            raise RejectedError("is not the ARN of a model package version", field="ModelPackageArn")
        return cls(arn, match["group"], int(match["version"]))


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to deploy a package; ``change`` tells one approval of it from the next."""

    package: Package
    rollback: bool
    change: str

    @property
    def token(self) -> str:
        """The same for every copy of one approval, so CloudFormation starts one update for all of them."""
        return f"deploy-{hashlib.sha256(f'{self.package.arn} {self.change}'.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class StackState:
    """The endpoint stack: its status and its parameters' values."""

    status: str
    parameters: dict[str, str]
    capabilities: tuple[str, ...] = ()


class Stack(Protocol):
    """The endpoint stack."""

    def state(self) -> StackState:
        """Its present state. Raises RetryableError or DependencyError."""

    def update(self, state: StackState, *, parameter: str, value: str, token: str) -> bool:
        """Change one parameter and nothing else. Returns whether an update was started; False if nothing changes.

        Raises RetryableError if the stack is busy, or DependencyError.
        """


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The function, wired."""

    stack: Stack
    group: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Message:
    """A queue message."""

    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a message. Messages that are not ``done`` return to the queue, and in the end to its DLQ."""

    message: Message
    result: Result
    detail: str

    @property
    def done(self) -> bool:
        """Whether the message may be deleted."""
        return self.result not in ("waiting", "blocked")


def deploy_all(messages: Sequence[Message], function: Deployment) -> list[Handled]:
    """Handle a batch of messages, the newest version first, so that older ones are superseded and not deployed.

    Raises:
        DependencyError: if AWS refuses a call for good.
    """
    wishes: list[tuple[Message, Request]] = []
    handled: list[Handled] = []
    for message in messages:
        try:
            request = read(message.body, function.group)
        except RejectedError as exc:
            handled.append(Handled(message, "blocked", str(exc)))
            continue
        if request is None:
            handled.append(Handled(message, "ignored", "not an approval of this group"))
        else:
            wishes.append((message, request))
    wishes.sort(key=lambda wish: (wish[1].rollback, wish[1].package.version), reverse=True)
    return [*handled, *(_handle(message, request, function) for message, request in wishes)]


def _handle(message: Message, request: Request, function: Deployment) -> Handled:
    try:
        return Handled(message, deploy(request, function), request.package.arn)
    except RetryableError as exc:
        return Handled(message, "waiting", str(exc))
    except BlockedError as exc:
        return Handled(message, "blocked", str(exc))


def read(body: str, group: str) -> Request | None:
    """Read an EventBridge event.

    Returns:
        The wish in it, or None if it is not an approval or rollback of the group.

    Raises:
        RejectedError: if it is not an event, or names no model package version.
    """
    try:
        event = json.loads(body)
        detail, kind = event["detail"], event["detail-type"]
        rollback = event["source"] == "headrace" and kind == ROLLBACK
        approval = kind == APPROVAL and detail.get("ModelApprovalStatus") == "Approved"
        if not rollback and not approval:
            return None
        package = Package.of(detail["ModelPackageArn"])
        change = str(event["id"] if rollback else detail.get("LastModifiedTime") or event["time"])
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise RejectedError("is not an EventBridge event about a model package") from exc
    return Request(package, rollback, change) if package.group == group else None


def deploy(request: Request, function: Deployment) -> Result:
    """Bring the stack to the wished package, unless it is there or beyond.

    Raises:
        RetryableError: if the stack is busy or CloudFormation throttles.
        BlockedError: if the stack cannot be updated until people have mended it.
        DependencyError: if CloudFormation refuses for good.
    """
    state = function.stack.state()
    if state.status.endswith("_IN_PROGRESS"):
        raise RetryableError(f"the stack is in {state.status}")
    if state.status not in _SETTLED:
        raise BlockedError(f"the stack is in {state.status}: mend it, then redrive the queue")
    deployed = state.parameters.get(function.parameter, "")
    if deployed == request.package.arn:
        return "current"
    if not request.rollback and _version(deployed, function.group) > request.package.version:
        return "superseded"
    started = function.stack.update(state, parameter=function.parameter, value=request.package.arn, token=request.token)
    return "started" if started else "current"


def _version(deployed: str, group: str) -> int:
    """The deployed version of the group; 0 if the parameter holds none."""
    match = _PACKAGE.fullmatch(deployed)
    return int(match["version"]) if match and match["group"] == group else 0
