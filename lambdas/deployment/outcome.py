"""How the last update of ours ended, dealt with once: the model serves, or it is rejected and everybody is told.

An update that ended well is one after which SageMaker names the stack's endpoint configuration. Nothing else proves
it: after a guarded rollback the endpoint is InService too, on the configuration of before. The end is noted at the
package, so that copies of a message, in any order, deal with it once; only the events on the bus may come twice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from headrace.errors import RetryableError
from headrace.events import BusEvent, ModelDeployed, ModelRolledBack
from lambdas.deployment.capture import CaptureDue
from lambdas.deployment.messages import TERMINAL, Operation
from lambdas.deployment.ports import Deployment, StackState, Update

Outcome = Literal["settled", "deployed", "rolled_back", "diverged", "stuck"]
"""``settled``: nothing new. ``diverged``: the endpoint serves another configuration than the stack says. ``stuck``: the
stack could not even roll back. The last two need people."""
_LONGEST_REASON = 1_024


def settle(state: StackState, function: Deployment) -> Outcome:
    """Deal with the end of our last update, unless that is done already. The stack must not be busy.

    Raises:
        RetryableError: if the end cannot be seen yet, or AWS throttles.
        DependencyError: if AWS refuses for good.
    """
    update = function.stack.last_update()
    operation = Operation.of(update.token) if update else None
    if update is None or operation is None:
        return "settled"
    if update.status not in TERMINAL:
        raise RetryableError(f"the stack's events end with {update.status}")
    arn = _arn(state, function, operation.version)
    registered = function.registry.find(arn)
    if registered is None or registered.settled == update.token:
        return "settled"
    if update.status == "UPDATE_COMPLETE" and state.parameters.get(function.parameter) != arn:
        function.registry.settle(arn, token=update.token)  # somebody has changed the stack by hand since
        return "settled"
    differs = _difference(function, deployed=update.status == "UPDATE_COMPLETE")
    if update.status == "UPDATE_COMPLETE" and not differs:
        return _deployed(update, operation, state, function)
    return _failed(update, operation, state, function, differs=differs)


def _deployed(update: Update, operation: Operation, state: StackState, function: Deployment) -> Outcome:
    arn, before = (_arn(state, function, version) for version in (operation.version, operation.before))
    for event in _good_news(update, operation, arn, before, function):
        function.bus.publish(event)
    if operation.cause != "deploy" and before and function.registry.find(before):
        # Otherwise a late copy of its approval would bring it back: its version is the higher one.
        function.registry.settle(before, token=update.token, rejection=f"rolled back: {_WORDS[operation.cause]}")
    if function.capture:
        function.capture.remind(CaptureDue(arn, function.clock(), look=1))
    function.registry.settle(arn, token=update.token)
    return "deployed"


_WORDS = {"quality": "live quality fell", "request": "somebody asked"}


def _good_news(update: Update, operation: Operation, arn: str, before: str, function: Deployment) -> Iterator[BusEvent]:
    common = {
        "usecase": function.usecase,
        "stage": function.stage,
        "at": _at(update, function),
        "endpoint_name": function.endpoint_name,
    }
    yield ModelDeployed(model_package_arn=arn, previous_model_package_arn=before, **common)
    if operation.cause != "deploy":
        yield ModelRolledBack(
            model_package_arn=arn,
            rolled_back_model_package_arn=before,
            trigger=operation.cause,
            reason=_WORDS[operation.cause],
            **common,
        )


def _failed(update: Update, operation: Operation, state: StackState, function: Deployment, *, differs: str) -> Outcome:
    arn = _arn(state, function, operation.version)
    why = "; ".join(filter(None, (update.reason, differs))) or "the stack's events name no reason"
    reason = f"rollout ended as {update.status}: {why}"[:_LONGEST_REASON]
    function.bus.publish(
        ModelRolledBack(
            usecase=function.usecase,
            stage=function.stage,
            at=_at(update, function),
            model_package_arn=_arn(state, function, operation.before),
            rolled_back_model_package_arn=arn,
            endpoint_name=function.endpoint_name,
            trigger="rollout",
            reason=reason,
        )
    )
    function.registry.settle(arn, token=update.token, rejection=reason)
    if update.status == "UPDATE_ROLLBACK_FAILED":
        return "stuck"
    return "diverged" if differs else "rolled_back"


def _difference(function: Deployment, *, deployed: bool) -> str:
    """How the endpoint differs from what the stack says, in words; empty if it does not, or there is none to differ."""
    if function.endpoint is None:
        return ""
    config, served = function.stack.endpoint_config(), function.endpoint.config()
    if config == served and (config or not deployed):
        return ""
    return f"the endpoint serves configuration {served or 'none'}, the stack names {config or 'none'}"


def _arn(state: StackState, function: Deployment, version: int) -> str:
    """The ARN of a version of our group, in the stack's account and region; empty for version 0."""
    partition, region, account = (state.arn.split(":")[at] for at in (1, 3, 4))
    return f"arn:{partition}:sagemaker:{region}:{account}:model-package/{function.group}/{version}" if version else ""


def _at(update: Update, function: Deployment) -> str:
    """When the update ended: the same for every copy of the news about it, so that readers know them for copies."""
    return datetime.fromtimestamp(update.at or function.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
