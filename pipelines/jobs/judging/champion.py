"""Challenger against champion: the same rows, the same draws, and the noise of their difference.

Only rows that neither has learned from are compared: those later than all that either was given. Where entities were
dealt to the splits, the challenger has not met those of the test rows at any time, so that only the champion's time
counts. The challenger passes if it is not worse by more than a margin with a stated confidence, which is another thing
than a higher mean.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headrace.schema import parse_timestamp
from headrace.usecase import Limits, Metric, UseCase
from pipelines.jobs.inference import ServedModel
from pipelines.jobs.judging import bootstrap
from pipelines.jobs.judging.bootstrap import Judged
from pipelines.jobs.judging.judged_rows import JudgedRows
from pipelines.jobs.metrics import Ranking


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A model, and what its ``headrace.json`` says."""

    model: ServedModel
    about: dict[str, Any]

    @property
    def threshold(self) -> float:
        """The score from which it alarms."""
        return float(self.about["threshold"]["score"])

    @property
    def learned_until(self) -> int:
        """The second of the newest row that it has learned from; 0 if the artifact does not say."""
        spans = self.about.get("data", {}).values()
        return max((parse_timestamp(it["last"], field="last") for it in spans), default=0)

    def judged(self, rows: JudgedRows) -> Judged:
        """Rows ranked by its scores."""
        return Judged(Ranking.of(rows.labels, self.model.scores(rows.matrix(self.model.features))), self.threshold)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How to compare: by which metric, with what margin, how often to draw, and whether entities were dealt."""

    metric: Metric
    limits: Limits
    resamples: int
    seed: int
    dealt: bool

    def compare(
        self, usecase: UseCase, challenger: Contestant, champion: Contestant, rows: JudgedRows
    ) -> dict[str, Any]:
        """Both models' figures and their difference, challenger - champion.

        Returns:
            ``version`` of the champion; ``comparable`` and, if it is not, the ``reason`` and whether that is
            ``excused``: a champion cannot be asked without its features, but missing evidence can be waited for; else
            ``rows``, ``positives``, ``metrics`` by name with both values, their difference, its 95 % interval and
            ``at_least``: what the difference is at least, with the confidence of the limits; and ``costs`` at each
            model's own threshold.
        """
        said = {"version": champion.model.version, "metric": self.metric}
        if gone := sorted(set(champion.model.features) - set(usecase.feature_names)):
            return {
                **said,
                "comparable": False,
                "excused": True,
                "reason": f"the champion asks for {', '.join(gone)}, which are no features",
            }
        both = (champion,) if self.dealt else (challenger, champion)
        later = rows.after(max(it.learned_until for it in both))
        positives = int(later.labels.sum())
        if not self.limits.positives <= positives < len(later.labels):
            reason = (
                f"{len(later.labels)} rows with {positives} positives are new to both, and {self.limits.positives} "
                "positives are needed: give newer rows, or wait for more labels"
            )
            return {**said, "comparable": False, "excused": False, "reason": reason}
        pair = [it.judged(later) for it in (challenger, champion)]
        return {
            **said,
            "comparable": True,
            "rows": len(later.labels),
            "positives": positives,
            "metrics": self._differences(pair),
            "costs": [_cost(usecase, it) for it in pair],
        }

    def _differences(self, pair: list[Judged]) -> dict[str, dict[str, Any]]:
        ours, theirs = bootstrap.resample(pair, resamples=self.resamples, seed=self.seed)
        figures = [it.ranking.figures(it.threshold) for it in pair]
        found = {}
        for name, drawn in ours.items():
            differences = drawn - theirs[name]
            low, high, at_least = np.quantile(differences, (0.025, 0.975, 1 - self.limits.confidence))
            found[name] = {
                "challenger": figures[0][name],
                "champion": figures[1][name],
                "difference": round(figures[0][name] - figures[1][name], 6),
                "interval": [round(float(low), 6), round(float(high), 6)],
                "at_least": round(float(at_least), 6),
            }
        return found


def _cost(usecase: UseCase, judged: Judged) -> float:
    counts = judged.ranking.confusion(judged.threshold)
    return counts.cost(usecase.label.missed_cost, usecase.label.false_alarm_cost)
