"""A program's wish to go back to an earlier model, overtaken by a rollout: it is refused, and it is told why.

Alarms and monitors speak of what answered when they looked. A rollout that runs or has ended since has changed that:
what alarmed may be the new model, which the rollout itself brings back. To bring back the one before it as well would
punish the wrong model. What is found of the model that is in force from then on asks again.
"""

from datetime import UTC, datetime

from headrace.events import ModelRollbackRefused
from lambdas.deployment.messages import Operation, Request
from lambdas.deployment.ports import Deployment, StackState, Update


def refuse_overtaken(wish: Request, state: StackState, function: Deployment) -> str:
    """Refuse a wish, and tell who had it, if what it rests on no longer holds.

    Returns:
        Why it is refused; empty if it holds, is being carried out or has been, or if a person has it.

    Raises:
        RetryableError: if AWS throttles or cannot be reached.
        DependencyError: if it refuses for good.
    """
    if wish.cause != "quality":
        return ""
    update = function.stack.last_update()
    deployed = state.parameters.get(function.parameter, "")
    reason = _reason(wish, update, deployed=deployed, busy=state.status.endswith("_IN_PROGRESS"))
    if reason:
        function.bus.publish(
            ModelRollbackRefused(
                usecase=function.usecase,
                stage=function.stage,
                at=_text(wish.at or function.clock()),  # of every copy the same, so that readers know them for copies
                model_package_arn=wish.package.arn,
                rolled_back_model_package_arn=wish.instead_of,
                decision_id=wish.decision,
                reason=reason,
            )
        )
    return reason


def _reason(wish: Request, update: Update | None, *, deployed: str, busy: bool) -> str:
    operation = Operation.of(update.token) if update else None
    own = update is not None and operation is not None and update.token == wish.token(operation.before)
    if (own and busy) or (deployed == wish.package.arn and not busy):
        return ""
    if busy:
        return "it was asked for during a rollout"
    if wish.instead_of and wish.instead_of != deployed:
        return f"{deployed or 'no model'} is in force by now"
    if update is None or not update.at:
        return ""
    seen = wish.at if update.status == "UPDATE_COMPLETE" else wish.evidence_from or wish.at
    if not seen or seen > update.at:
        return ""
    return f"a rollout ended as {update.status} at {_text(update.at)}, after what it rests on"


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
