"""What goes out: decisions from scores, and the endpoint that answers."""

from dataclasses import dataclass
from itertools import pairwise

from headrace.usecase.checks import require, require_one_of, require_unique

_WHOLE_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class Band:
    """Scores from ``from_score`` (inclusive) up to the next band get this decision."""

    decision: str
    from_score: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    """How scores become decisions, and the decision when no model can answer."""

    bands: tuple[Band, ...]
    fallback: str

    def __post_init__(self) -> None:
        require(bool(self.bands), "decision.bands", "is empty", "add at least one Band(from_score=0)")
        require(
            self.bands[0].from_score == 0, "decision.bands", "does not start at 0", "give the first band from_score=0"
        )
        for low, high in pairwise(self.bands):
            require(
                low.from_score < high.from_score <= 1,
                "decision.bands",
                "is not ascending within 0 to 1",
                "sort by from_score",
            )
        require_unique((b.decision for b in self.bands), "decision.bands")
        require_one_of(self.fallback, (b.decision for b in self.bands), "decision.fallback")


@dataclass(frozen=True, kw_only=True)
class Serving:
    """The endpoint: instance, fleet size, share of requests captured, and whether events are scored in the stream."""

    instance_type: str = "ml.m5.large"
    min_instances: int = 1
    max_instances: int = 4
    invocations_per_instance_minute: int = 6_000
    capture_percent: int = 100
    score_stream: bool = False

    def __post_init__(self) -> None:
        require(
            1 <= self.min_instances <= self.max_instances,
            "serving.min_instances",
            "is outside 1 to max_instances",
            "mend either",
        )
        require(
            self.invocations_per_instance_minute > 0,
            "serving.invocations_per_instance_minute",
            "is not positive",
            "say how many requests one instance answers in a minute",
        )
        require(
            0 <= self.capture_percent <= _WHOLE_PERCENT,
            "serving.capture_percent",
            "is outside 0 to 100",
            "give a percentage",
        )
        require(
            self.instance_type.startswith("ml."),
            "serving.instance_type",
            "is no SageMaker type",
            "use one such as 'ml.m5.large'",
        )
