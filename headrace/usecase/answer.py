"""What goes out: decisions from scores."""

from itertools import pairwise

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_one_of, require_unique


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
