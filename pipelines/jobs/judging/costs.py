"""What errors cost at each threshold, and whether the cheapest one is more than luck of the validation rows."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipelines.jobs.judging.outline import Outline
from pipelines.jobs.metrics import Ranking

_POINTS = 201
_TAILS = (0.05, 0.95)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What a missed positive and a false alarm cost, in one currency."""

    missed_cost: float
    false_alarm_cost: float


@dataclass(frozen=True, kw_only=True)
class Stability:
    """How the choice of a threshold would have varied with other validation rows.

    Attributes:
        low: the threshold below which a twentieth of the resamples have their cheapest one.
        high: that above which a twentieth have it.
        regret: what the chosen threshold costs more than each resample's own cheapest, as a share of that, on average.
        resamples: how many were drawn.
    """

    low: float
    high: float
    regret: float
    resamples: int

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: round(value, 6) for name, value in asdict(self).items()}


def curve(ranking: Ranking, prices: Prices, points: int = _POINTS) -> dict[str, list[float]]:
    """The cost of alarming from each of so many evenly spaced thresholds on, from 0 to 1."""
    thresholds = np.linspace(0, 1, points)
    tp, fp = (np.append(0, counts[0]) for counts in ranking.counts(np.ones((1, len(ranking.labels)))))
    called = np.searchsorted(-ranking.scores[ranking.ends], -thresholds, side="right")
    costs = prices.missed_cost * (tp[-1] - tp[called]) + prices.false_alarm_cost * fp[called]
    return {"thresholds": np.round(thresholds, 6).tolist(), "costs": costs.tolist()}


def stability(ranking: Ranking, threshold: float, prices: Prices, *, resamples: int = 100, seed: int = 7) -> Stability:
    """Choose again on rows drawn again, and see how far the choices lie apart and what the first one loses.

    Args:
        ranking: validation rows.
        threshold: the one that was chosen on them.
        prices: of errors.
        resamples: how often to draw.
        seed: of the draw.
    """
    outline = Outline.of(ranking, threshold)
    # Nothing is called positive above the first stretch: that is a choice, too.
    tp, fp = (np.pad(it, ((0, 0), (1, 0))) for it in outline.drawn(resamples=resamples, seed=seed))
    costs = prices.missed_cost * (tp[:, -1:] - tp) + prices.false_alarm_cost * fp
    low, high = np.quantile(np.append(1.0, outline.scores)[np.argmin(costs, axis=1)], _TAILS)
    spent, least = float(np.sum(costs[:, outline.called(threshold)])), float(np.sum(np.min(costs, axis=1)))
    regret = (spent - least) / least if least else 0.0
    return Stability(low=float(low), high=float(high), regret=regret, resamples=resamples)
