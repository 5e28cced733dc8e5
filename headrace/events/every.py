"""Every event that Headrace sends, in the order of its page."""

from headrace.events.contract import BusEvent
from headrace.events.drift import DriftDetected
from headrace.events.model import ModelDeployed, ModelRollbackRefused, ModelRollbackRequested, ModelRolledBack
from headrace.events.prediction import AlertRaised, PredictionMade
from headrace.events.retraining import RetrainingFinished, RetrainingRequested

EVENTS: tuple[type[BusEvent], ...] = (
    DriftDetected,
    RetrainingRequested,
    RetrainingFinished,
    ModelDeployed,
    ModelRollbackRequested,
    ModelRollbackRefused,
    ModelRolledBack,
    AlertRaised,
    PredictionMade,
)
