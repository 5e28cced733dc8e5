"""Is the model as good as it was? Judged on answers whose truth has had time to arrive, and beyond the noise of both.

Truth comes late. A window whose labels are still arriving looks like a drop in recall, so a row is judged when it is
older than the time within which nearly all labels were seen to arrive. Concept drift shows here, and nowhere else: it
leaves the inputs as they are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Status = Literal["HEALTHY", "DEGRADED", "UNKNOWN"]
Floats = npt.NDArray[np.float64]
ARRIVED = 0.99
"""The share of labels that must have had time to arrive."""
LEAST_DROP = 0.03
LEAST_POSITIVES = 20
_SIGMAS = 2.576
"""99 % of a normal distribution: several metrics are looked at."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A metric and its standard deviation; 0 where that is not known."""

    value: float
    deviation: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How good answers were: labelled rows, positives among them, and metrics by name, larger being better."""

    rows: int
    positives: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, kw_only=True)
class Drop:
    """How far a metric fell, and from where on that is a degradation."""

    metric: str
    before: Figure
    after: Figure
    bound: float

    @property
    def amount(self) -> float:
        """How far it fell; negative if it rose."""
        return self.before.value - self.after.value

    @property
    def degraded(self) -> bool:
        """Whether it fell too far."""
        return self.amount > self.bound


@dataclass(frozen=True, kw_only=True)
class QualityVerdict:
    """The verdict with its reason, and every metric that both sides have."""

    status: Status
    reason: str
    drops: tuple[Drop, ...] = field(default=())

    def violations(self) -> list[dict[str, str]]:
        """Lines of ``constraint_violations.json`` as Model Monitor's model quality writes them."""
        return [
            {
                "metric_name": it.metric,
                "constraint_check_type": "LessThanThreshold",
                "description": f"Metric {it.metric} with {it.after.value:.4f} +/- {it.after.deviation:.4f} was "
                f"LessThanThreshold '{it.before.value - it.bound:.4f}' (baseline {it.before.value:.4f}).",
            }
            for it in self.drops
            if it.degraded
        ]


def label_delay_s(answered: Floats, labelled: Floats, share: float = ARRIVED) -> float:
    """The time within which this share of the labels that came had come; 0 if there are none.

    Args:
        answered: when each labelled row was answered, epoch seconds, shape (n,).
        labelled: when its label was given, shape (n,).
        share: of the labels.
    """
    delays = np.maximum(0.0, labelled - answered)
    return float(np.quantile(delays, share, method="inverted_cdf")) if len(delays) else 0.0


def mature(answered: Floats, *, known_until: float, delay_s: float) -> npt.NDArray[np.bool_]:
    """Which rows are old enough for their truth to be known; rows without a time are.

    Args:
        answered: epoch seconds, NaN where unknown, shape (n,).
        known_until: until when labels have been collected.
        delay_s: how long a label may take.
    """
    old: npt.NDArray[np.bool_] = ~(answered > known_until - delay_s)
    return old


def judge(
    baseline: Quality | None,
    current: Quality,
    *,
    least_drop: float = LEAST_DROP,
    least_positives: int = LEAST_POSITIVES,
) -> QualityVerdict:
    """HEALTHY, or DEGRADED if a metric fell by more than matters and more than 99 % of the noise of both sides.

    Args:
        baseline: how good the model was; None if that is not known.
        current: how good its matured answers are.
        least_drop: the smallest fall that matters.
        least_positives: with fewer positives there is no verdict.
    """
    if current.positives < least_positives or current.rows - current.positives < least_positives:
        return QualityVerdict(
            status="UNKNOWN",
            reason=f"{current.positives:,} positives among {current.rows:,} labelled and matured rows are too few: "
            f"{least_positives} of either class make a verdict.",
        )
    if baseline is None:
        return QualityVerdict(status="UNKNOWN", reason="The baseline does not say how good the model was.")
    drops = tuple(
        Drop(metric=name, before=before, after=current.figures[name], bound=_bound(before, current, name, least_drop))
        for name, before in baseline.figures.items()
        if name in current.figures
    )
    fallen = [it for it in drops if it.degraded]
    if not fallen:
        return QualityVerdict(status="HEALTHY", reason="No metric fell by more than noise explains.", drops=drops)
    told = ", ".join(f"{it.metric} fell from {it.before.value:.3f} to {it.after.value:.3f}" for it in fallen)
    return QualityVerdict(status="DEGRADED", reason=f"It got worse: {told}.", drops=drops)


def document(current: Quality, verdict: QualityVerdict, about: Mapping[str, Any]) -> dict[str, Any]:
    """``model_quality.json``: Model Monitor's statistics of a binary classifier, and our verdict."""
    return {
        "version": 0.0,
        "dataset": {"item_count": current.rows, "evaluation_time": about.get("known_until")},
        "binary_classification_metrics": {
            name: {"value": round(it.value, 6), "standard_deviation": round(it.deviation, 6)}
            for name, it in current.figures.items()
        },
        "headrace": {
            "status": verdict.status,
            "reason": verdict.reason,
            "positives": current.positives,
            **about,
            "drops": [
                {
                    "metric": it.metric,
                    "before": round(it.before.value, 6),
                    "after": round(it.after.value, 6),
                    "degraded_below": round(it.before.value - it.bound, 6),
                    "degraded": it.degraded,
                }
                for it in verdict.drops
            ],
        },
    }


def _bound(before: Figure, current: Quality, name: str, least_drop: float) -> float:
    return max(least_drop, _SIGMAS * math.hypot(before.deviation, current.figures[name].deviation))
