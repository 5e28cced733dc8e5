"""An approved model package becomes the endpoint stack's parameter; nothing else of the stack changes.

Approvals may come twice, late, out of order and in crowds. What is deployed decides: an approval of the same or an
older version changes nothing, one that was withdrawn meanwhile neither, and while the stack is busy an approval waits
in its queue. The end of every update is dealt with before the next one starts (``outcome``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headrace.errors import HeadraceError, RejectedError, RetryableError
from lambdas.deployment.capture import CaptureDue, Checked, check
from lambdas.deployment.freeze import held_back
from lambdas.deployment.messages import Ended, Request, read, version_in
from lambdas.deployment.outcome import Outcome, settle
from lambdas.deployment.overtaken import refuse_overtaken
from lambdas.deployment.ports import Deployment, StackState

Result = (
    Literal["started", "current", "superseded", "withdrawn", "frozen", "ignored", "waiting", "blocked"]
    | Outcome
    | Checked
)
_SETTLED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})


class BlockedError(HeadraceError):
    """The stack is in a state that only people can lead out of. The message pages them and ends in the DLQ."""


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
    before: Outcome = "settled"
    """What dealing with the update before brought to light."""

    @property
    def done(self) -> bool:
        """Whether the message may be deleted."""
        return self.result not in ("waiting", "blocked")

    @property
    def pages(self) -> bool:
        """Whether people have to look."""
        return bool({"blocked", "diverged", "stuck", "uncaptured"} & {self.result, self.before})


def deploy_all(messages: Sequence[Message], function: Deployment) -> list[Handled]:
    """Handle a batch of messages, the newest version first, so that older ones are superseded and not deployed.

    Raises:
        DependencyError: if AWS refuses a call for good.
    """
    wishes: list[tuple[Message, Request]] = []
    handled: list[Handled] = []
    for message in messages:
        try:
            found = read(message.body, group=function.group, stack_name=function.stack_name)
        except RejectedError as exc:
            handled.append(Handled(message, "blocked", str(exc)))
            continue
        if found is None:
            handled.append(Handled(message, "ignored", "neither an approval of this group nor an end of our update"))
        elif not isinstance(found, Request):
            handled.append(_handle(message, found, function))
        else:
            wishes.append((message, found))
    wishes.sort(key=lambda wish: (wish[1].rollback, wish[1].package.version), reverse=True)
    return [*handled, *(_handle(message, request, function) for message, request in wishes)]


def _handle(message: Message, found: Request | Ended | CaptureDue, function: Deployment) -> Handled:
    """Whichever end a message tells of, the last one counts: no update starts before the one before is dealt with."""
    outcome: Outcome = "settled"
    try:
        if isinstance(found, CaptureDue):
            return Handled(message, look(found, function), found.package_arn)
        state = function.stack.state()
        if not state.status.endswith("_IN_PROGRESS"):
            outcome = settle(state, function)
        return _dealt_with(message, found, state, function, outcome)
    except RetryableError as exc:
        return Handled(message, "waiting", str(exc), outcome)
    except BlockedError as exc:
        return Handled(message, "blocked", str(exc), outcome)


def _dealt_with(
    message: Message, found: Request | Ended, state: StackState, function: Deployment, outcome: Outcome
) -> Handled:
    """While the stack is busy everything waits, but not what its rollout has overtaken."""
    if isinstance(found, Request) and (why := refuse_overtaken(found, state, function)):
        return Handled(message, "superseded", f"{found.package.arn}: {why}", outcome)
    if state.status.endswith("_IN_PROGRESS"):
        return Handled(message, "waiting", f"the stack is in {state.status}")
    if isinstance(found, Ended):
        return Handled(message, outcome, found.token)
    return Handled(message, deploy(found, state, function), found.package.arn, outcome)


def look(due: CaptureDue, function: Deployment) -> Result:
    """Check that requests of a model are captured, unless another one serves by now.

    Raises:
        RetryableError: if AWS throttles.
        DependencyError: if AWS refuses for good.
    """
    if function.capture is None or function.stack.state().parameters.get(function.parameter) != due.package_arn:
        return "superseded"
    return check(due, function.capture, function.clock())


def deploy(request: Request, state: StackState, function: Deployment) -> Result:
    """Bring the stack to the wished package, unless it is there or beyond.

    Raises:
        RetryableError: if the stack became busy or CloudFormation throttles.
        BlockedError: if the stack cannot be updated until people have mended it.
        DependencyError: if CloudFormation refuses for good.
    """
    if state.status not in _SETTLED:
        raise BlockedError(f"the stack is in {state.status}: mend it, then redrive the queue")
    deployed = state.parameters.get(function.parameter, "")
    if deployed == request.package.arn:
        return "current"
    version = version_in(deployed, function.group)
    if _is_late(request, deployed, version):
        return "superseded"
    if not request.rollback and not _approved(request, function):
        return "withdrawn"
    if not request.rollback and _held_back(request, function):
        return "frozen"
    token = request.token(version)
    started = function.stack.update(state, parameter=function.parameter, value=request.package.arn, token=token)
    return "started" if started else "current"


def _is_late(request: Request, deployed: str, version: int) -> bool:
    """Whether what is deployed has overtaken the wish: a newer version, or another than was to be rolled back."""
    if request.rollback:
        return bool(request.instead_of) and request.instead_of != deployed
    return version > request.package.version


def _held_back(request: Request, function: Deployment) -> bool:
    """Whether broken data keep the package from being promoted. Its approval is taken back, whoever gave it."""
    reason = function.freeze.reason() if function.freeze else ""
    if reason:
        words = held_back(reason, usecase=function.usecase, stage=function.stage)
        function.registry.hold(request.package.arn, words)
    return bool(reason)


def _approved(request: Request, function: Deployment) -> bool:
    """Whether the approval still holds: a rollout that failed, or a person, may have rejected the package since."""
    registered = function.registry.find(request.package.arn)
    return registered is not None and registered.approval == "Approved"
