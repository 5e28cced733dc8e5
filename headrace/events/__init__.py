"""Our events on EventBridge's default bus: source ``headrace``, the detail-type in words, one dataclass each.

They say what happened, so names are in the past tense. Anybody may listen: docs/events.md documents every field, and a
test holds it equal to these classes.
"""

from headrace.events.contract import SOURCE, BusEvent
from headrace.events.drift import KINDS, SEVERITIES, DriftDetected, Kind, Severity
from headrace.events.model import ModelDeployed, ModelRollbackRequested, ModelRolledBack
from headrace.events.prediction import AlertRaised, PredictionMade
from headrace.events.retraining import (
    ENDINGS,
    TRIGGERS,
    Ending,
    RetrainingFinished,
    RetrainingRequested,
    Trigger,
)

EVENTS: tuple[type[BusEvent], ...] = (
    DriftDetected,
    RetrainingRequested,
    RetrainingFinished,
    ModelDeployed,
    ModelRollbackRequested,
    ModelRolledBack,
    AlertRaised,
    PredictionMade,
)
"""Every event that Headrace sends."""

__all__ = [
    "ENDINGS",
    "EVENTS",
    "KINDS",
    "SEVERITIES",
    "SOURCE",
    "TRIGGERS",
    "AlertRaised",
    "BusEvent",
    "DriftDetected",
    "Ending",
    "Kind",
    "ModelDeployed",
    "ModelRollbackRequested",
    "ModelRolledBack",
    "PredictionMade",
    "RetrainingFinished",
    "RetrainingRequested",
    "Severity",
    "Trigger",
]
