"""What a policy was worth: figures by week and in total, counted where the truth is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cli.backtest.answers import DECISION, SCORE
from cli.backtest.policies import WEEK_S
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs.metrics import Ranking

DAY_S = 86_400
MOST = 100
"""How many entities people can look at in a day."""
FALSE_POSITIVE_RATE = 0.01


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Answers next to the truth, with what figures need of them.

    Attributes:
        usecase: whose bands and costs.
        start: the second at which weeks and days begin to count.
        answers: see ``cli.backtest.answers``.
        labels: the truth, shape (n,), NaN where nobody knows it.
        daily: precision among the most suspicious entities, by day counted from the start.
    """

    usecase: UseCase
    start: int
    answers: pd.DataFrame
    labels: np.ndarray
    daily: Mapping[int, float]

    @classmethod
    def of(cls, usecase: UseCase, start: int, answers: pd.DataFrame, truth: pd.Series) -> "Judged":
        """Join the truth, and look at every day's entities."""
        labels = truth.reindex(answers[usecase.event.id]).to_numpy(np.float64)
        daily = entity_precision(
            (answers[usecase.event.timestamp].to_numpy() - start) // DAY_S,
            answers[usecase.primary.key].to_numpy(dtype=object),
            answers[SCORE].to_numpy(np.float64),
            labels,
        )
        return cls(usecase=usecase, start=start, answers=answers, labels=labels, daily=daily)

    def weeks(self) -> list[dict[str, Any]]:
        """Figures of every week that has events, in order; weeks begin at the start."""
        number = (self.answers[self.usecase.event.timestamp].to_numpy() - self.start) // WEEK_S
        return [
            {"from": format_timestamp(self.start + int(week) * WEEK_S), **self._figures(number == week, int(week))}
            for week in np.unique(number)
        ]

    def total(self) -> dict[str, Any]:
        """Figures of the whole time."""
        return self._figures(np.ones(len(self.answers), dtype=bool), None)

    def _figures(self, picked: np.ndarray, week: int | None) -> dict[str, Any]:
        answers, labels = self.answers[picked], self.labels[picked]
        scores, known = answers[SCORE].to_numpy(np.float64), ~np.isnan(labels)
        ranked = known & ~np.isnan(scores)
        days = [value for day, value in self.daily.items() if week is None or day * DAY_S // WEEK_S == week]
        return {
            "events": len(answers),
            "scored": int(np.sum(~np.isnan(scores))),
            "labelled": int(known.sum()),
            "positives": int(np.nansum(labels)),
            **ranking(labels[ranked], scores[ranked]),
            "entity_precision_100": round(float(np.mean(days)), 6) if days else None,
            **money(self.usecase, labels, answers[DECISION].to_numpy(dtype=object)),
        }


def ranking(labels: np.ndarray, scores: np.ndarray) -> dict[str, float | None]:
    """Average precision, area under the ROC curve, and recall at 1 % false positives; None without both classes.

    The last is the largest recall of a threshold with at most 1 % of the negatives at or above it.
    """
    if not 0 < labels.sum() < len(labels):
        return dict.fromkeys(("average_precision", "auc", "recall_at_1pct_fpr"))
    ranked = Ranking.of(labels, scores)
    figures = ranked.figures(np.inf)
    tp, fp = (counts[0] for counts in ranked.counts(np.ones((1, len(labels)))))
    few = fp <= FALSE_POSITIVE_RATE * fp[-1]
    recall = float(tp[few].max(initial=0) / tp[-1])
    return {**{name: figures[name] for name in ("average_precision", "auc")}, "recall_at_1pct_fpr": round(recall, 6)}


def money(usecase: UseCase, labels: np.ndarray, decisions: np.ndarray) -> dict[str, float]:
    """Alerts, and what errors cost; every decision but the lowest band's is an alert.

    Args:
        usecase: names the bands and what errors cost.
        labels: 0, 1, or NaN where nobody knows; shape (n,).
        decisions: shape (n,).

    Returns:
        ``alerts`` of all events; of those whose truth is known ``caught``, ``missed`` and ``false_alarms``; ``cost`` of
        missed positives and false alarms, and ``cost_without_model`` of missing every positive.
    """
    alert = decisions != usecase.decision.bands[0].decision
    caught, missed = (int(np.sum((labels == 1) & it)) for it in (alert, ~alert))
    false_alarms = int(np.sum((labels == 0) & alert))
    prices = usecase.label
    return {
        "alerts": int(alert.sum()),
        "caught": caught,
        "missed": missed,
        "false_alarms": false_alarms,
        "cost": missed * prices.missed_cost + false_alarms * prices.false_alarm_cost,
        "cost_without_model": (caught + missed) * prices.missed_cost,
    }


def entity_precision(days: np.ndarray, keys: np.ndarray, scores: np.ndarray, labels: np.ndarray) -> dict[int, float]:
    """The share of true positives among each day's most suspicious entities.

    An entity is as suspicious as its highest score of the day. Of equally suspicious ones the first by key is looked
    at. Who was found leaves, as in the Fraud Detection Handbook, chapter 4: nobody looks at a blocked card again.

    Args:
        days: shape (n,).
        keys: of the entities, shape (n,).
        scores: NaN where there is none; such days are left out.
        labels: NaN where nobody knows the truth.

    Returns:
        By day the share among ``MOST`` entities, or among all where there are fewer.
    """
    table = pd.DataFrame({"day": days, "key": keys, "score": scores, "label": np.nan_to_num(labels)})
    best = table[~np.isnan(scores)].groupby(["day", "key"], sort=True)[["score", "label"]].max().reset_index("key")
    found: set[object] = set()
    shares: dict[int, float] = {}
    for day, entities in best.groupby(level="day", sort=True):
        there = entities[~entities["key"].isin(found)]
        first = there.sort_values("score", ascending=False, kind="stable").head(MOST)
        hits = first.loc[first["label"] == 1, "key"]
        if len(first):
            shares[int(str(day))] = len(hits) / len(first)
        found |= set(hits)
    return shares
