"""Models in and out of force."""

from typing import ClassVar

from headrace.events.contract import BusEvent, described
from headrace.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelDeployed(BusEvent):
    """The endpoint answers with another model, after its rollout ended and nothing was rolled back."""

    detail_type: ClassVar[str] = "Model Deployed"

    model_package_arn: str = described("the model in force")
    previous_model_package_arn: str = described("the one before; empty if there was none", default="")
    endpoint_name: str = described("the endpoint")


@dataclass(frozen=True, kw_only=True)
class ModelRolledBack(BusEvent):
    """The endpoint answers with an earlier model again."""

    detail_type: ClassVar[str] = "Model Rolled Back"

    model_package_arn: str = described("the model in force again; empty if there is none")
    rolled_back_model_package_arn: str = described("the model that is no longer in force")
    endpoint_name: str = described("the endpoint")
    trigger: str = described(
        "rollout: an alarm during the rollout; quality: live quality fell; request: somebody asked",
        among=("rollout", "quality", "request"),
    )
    reason: str = described("why, in words")


@dataclass(frozen=True, kw_only=True)
class ModelRollbackRequested(BusEvent):
    """The deployment function shall bring back an earlier model."""

    detail_type: ClassVar[str] = "Model Rollback Requested"

    model_package_arn: str = described("the model to bring back")
    rolled_back_model_package_arn: str = described("the model in force when this was decided", default="")
    reason: str = described("why, in words")
    decision_id: str = described("the audit record of the decision; empty if a person asks", default="")
    evidence_from: str = described(
        "the earliest moment that what was found may be about, UTC, ISO 8601 with Z; empty if a person asks", default=""
    )


@dataclass(frozen=True, kw_only=True)
class ModelRollbackRefused(BusEvent):
    """An earlier model was not brought back: a rollout has overtaken what had been found."""

    detail_type: ClassVar[str] = "Model Rollback Refused"

    model_package_arn: str = described("the model that was to be brought back")
    rolled_back_model_package_arn: str = described("the model that was in force when this was asked for")
    decision_id: str = described("the audit record of the decision")
    reason: str = described("why, in words")
