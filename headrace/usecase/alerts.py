"""What the stream tells the event bus: which decisions are alerts."""

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_unique


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """Events scored in the stream whose decision is one of ``decisions`` are announced on the bus.

    ``every_prediction`` announces all others too, which costs a call of the bus for every ten events.
    """

    decisions: tuple[str, ...] = ()
    every_prediction: bool = False

    def __post_init__(self) -> None:
        require_unique(self.decisions, "alerts.decisions")
        require(
            bool(self.decisions) or self.every_prediction,
            "alerts.decisions",
            "is empty, so nothing would be announced",
            "name at least one decision, or leave alerts out",
        )
