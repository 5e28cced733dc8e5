"""Our events on EventBridge's default bus: source ``headrace``, the detail-type in words, one dataclass each.

They say what happened, so names are in the past tense. Anybody may listen: docs/events.md documents every field, and a
test holds it equal to these classes.

A name is loaded when it is first asked for: a function sends one or two kinds of event, and to make the classes of all
costs a cold start more than any other part of the domain.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headrace.events.contract import SOURCE, BusEvent
    from headrace.events.drift import DriftDetected
    from headrace.events.every import EVENTS
    from headrace.events.kinds import KINDS, SEVERITIES, Kind, Severity
    from headrace.events.model import ModelDeployed, ModelRollbackRefused, ModelRollbackRequested, ModelRolledBack
    from headrace.events.prediction import AlertRaised, PredictionMade
    from headrace.events.retraining import (
        ENDINGS,
        TRIGGERS,
        Ending,
        RetrainingFinished,
        RetrainingRequested,
        Trigger,
    )

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
    "ModelRollbackRefused",
    "ModelRollbackRequested",
    "ModelRolledBack",
    "PredictionMade",
    "RetrainingFinished",
    "RetrainingRequested",
    "Severity",
    "Trigger",
]
_NAMES = {
    "contract": ("SOURCE", "BusEvent"),
    "drift": ("DriftDetected",),
    "every": ("EVENTS",),
    "kinds": ("KINDS", "SEVERITIES", "Kind", "Severity"),
    "model": ("ModelDeployed", "ModelRollbackRefused", "ModelRollbackRequested", "ModelRolledBack"),
    "prediction": ("AlertRaised", "PredictionMade"),
    "retraining": ("ENDINGS", "TRIGGERS", "Ending", "RetrainingFinished", "RetrainingRequested", "Trigger"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """The public name ``name``, from the module that makes it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
