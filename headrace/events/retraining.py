"""Retraining: somebody asks for one, and it ends in one way or another."""

from typing import ClassVar, Literal, get_args

from headrace.events.contract import BusEvent, described
from headrace.events.kinds import SEVERITIES
from headrace.frozen import dataclass

Trigger = Literal["drift", "schedule", "new_labels", "new_data", "code_change", "manual"]
"""Why a model is trained; also the values of the pipeline's parameter ``TriggerReason``."""
Ending = Literal["succeeded", "refused", "failed", "aborted", "skipped"]
TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)
ENDINGS: tuple[Ending, ...] = get_args(Ending)


@dataclass(frozen=True, kw_only=True)
class RetrainingRequested(BusEvent):
    """A retraining is asked for; a rule starts the state machine with it. Equal ``request_id`` starts it once."""

    detail_type: ClassVar[str] = "Retraining Requested"

    request_id: str = described("names the request; of two with one id only the first starts anything")
    trigger: str = described("why", among=TRIGGERS)
    severity: str = described("of the drift behind it; none if there is none", among=SEVERITIES, default="none")
    reason: str = described("why, in words")


@dataclass(frozen=True, kw_only=True)
class RetrainingFinished(BusEvent):
    """A retraining ended."""

    detail_type: ClassVar[str] = "Retraining Finished"

    request_id: str = described("of the request that it answers")
    trigger: str = described("why it ran", among=TRIGGERS)
    outcome: str = described(
        "succeeded: a model was registered; refused: a gate of the data or of the model said no; failed: an error; "
        "aborted: stopped or out of time; skipped: another one was running",
        among=ENDINGS,
    )
    execution_arn: str = described("the state machine's execution")
    model_package_arn: str = described("the registered model; empty unless it succeeded", default="")
    reason: str = described("why it did not succeed, in words; empty if it did", default="")
