"""What the model says of events in the stream."""

from typing import ClassVar

from headrace.events.contract import BusEvent, described
from headrace.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class _Scored(BusEvent):
    """What both have in common."""

    event_id: str = described("the event's own id; told twice, it is the same event")
    happened_at: str = described("when the event happened, UTC, ISO 8601 with Z")
    entities: tuple[str, ...] = described("whose event it is: the kind of each entity, #, and its key")
    score: float = described("of the model, from 0 to 1", least=0)
    decision: str = described("what the model decided")
    model_version: str = described("which model decided")


@dataclass(frozen=True, kw_only=True)
class AlertRaised(_Scored):
    """An event in the stream was scored, and the decision is one that the use case calls an alert."""

    detail_type: ClassVar[str] = "Alert Raised"


@dataclass(frozen=True, kw_only=True)
class PredictionMade(_Scored):
    """An event in the stream was scored. Sent only where the use case asks for every prediction."""

    detail_type: ClassVar[str] = "Prediction Made"
