"""What a model must prove before it is registered, and how a rare class is brought forward."""

from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_one_of

Metric = Literal["average_precision", "auc", "f1", "recall", "precision"]
ResamplingKind = Literal["undersample", "oversample"]
_COIN = 0.5


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A floor that a model must reach on the test rows before it is registered."""

    metric: Metric
    minimum: float

    def __post_init__(self) -> None:
        require_one_of(self.metric, get_args(Metric), "model.gates.metric")
        require(
            0 <= self.minimum <= 1,
            f"model.gates[{self.metric}].minimum",
            "is outside 0 to 1",
            "metrics are fractions: give one",
        )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a model may not exceed before it is registered, besides its floors. Metrics are those of the first gate.

    Attributes:
        worse_than_champion: how much worse than the deployed model it may be, with ``confidence``; on the same rows.
        confidence: of that comparison, by paired bootstrap, and of ``gap``.
        gap: how far validation may stay behind training, beyond the noise of the validation rows' figure.
        positives: the least number of positives among the test rows.
        single_feature: the largest area under the ROC curve that one feature alone may have on validation rows: what
            ranks almost perfectly by itself is more often a leak of the truth than knowledge.
        score_shift: for models without labels, the largest distance (Kolmogorov-Smirnov) between the scores of
            validation and test rows.
    """

    worse_than_champion: float = 0.01
    confidence: float = 0.95
    gap: float = 0.25
    positives: int = 10
    single_feature: float = 0.99
    score_shift: float = 0.2

    def __post_init__(self) -> None:
        for name in ("worse_than_champion", "gap", "single_feature", "score_shift"):
            require(0 <= getattr(self, name) <= 1, f"model.limits.{name}", "is outside 0 to 1", "give a fraction")
        require(_COIN < self.confidence < 1, "model.limits.confidence", "is outside 0.5 to 1", "0.95 is usual")
        require(self.positives >= 1, "model.limits.positives", "is below 1", "nothing can be judged without positives")


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """Train on fewer negatives, or on positives drawn again, until there are ``negatives`` per positive.

    Only training rows are touched. Scores are corrected to what they would be without (see
    ``headrace.decisions.without_resampling``), so thresholds, bands and calibration keep their meaning.
    """

    kind: ResamplingKind
    negatives: float

    def __post_init__(self) -> None:
        require_one_of(self.kind, get_args(ResamplingKind), "model.resampling.kind")
        require(
            self.negatives >= 1, "model.resampling.negatives", "is below 1", "say how many per positive, at least 1"
        )
