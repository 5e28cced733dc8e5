"""What the decisions were worth: counted where the truth is known, in the costs that the use case declares."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cli.report.record import RunRecord
from headrace.usecase import Label
from pipelines.jobs.metrics import Ranking


@dataclass(frozen=True, kw_only=True)
class DecisionCount:
    """One decision: how often it was taken and, of those with a label, how many were positive."""

    decision: str
    from_score: float
    events: int
    share: float
    known: int
    positives: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Decisions against the truth; every decision but the first band's counts as an alarm."""

    label: Label
    known: int
    positives: int
    caught: int
    false_alarms: int

    @property
    def missed(self) -> int:
        """Positives that were let through."""
        return self.positives - self.caught

    @property
    def base_rate(self) -> float:
        """Share of positives among the events with a label."""
        return self.positives / self.known

    @property
    def recall(self) -> float | None:
        """Share of positives that raised an alarm, None without positives."""
        return self.caught / self.positives if self.positives else None

    @property
    def precision(self) -> float | None:
        """Share of alarms that were right, None without alarms."""
        alarms = self.caught + self.false_alarms
        return self.caught / alarms if alarms else None

    @property
    def cost(self) -> float:
        """What the errors of these decisions cost."""
        return self.missed * self.label.missed_cost + self.false_alarms * self.label.false_alarm_cost

    @property
    def cost_of_approving_all(self) -> float:
        """What it would have cost to take the first band's decision every time."""
        return self.positives * self.label.missed_cost

    @property
    def saved(self) -> float:
        """The difference; negative if the model cost more than it saved."""
        return self.cost_of_approving_all - self.cost


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Precision over recall, with its step-sum area and the point where the decisions are."""

    recall: list[float]
    precision: list[float]
    area: float | None
    at: tuple[float, float] | None


def alarms(run: RunRecord) -> pd.Series:
    """True for every prediction whose decision is not the first band's."""
    return run.predictions["decision"] != run.usecase.decision.bands[0].decision


def decisions(run: RunRecord) -> list[DecisionCount]:
    """Every band in order, then decisions that are no band's."""
    frame, bands = run.predictions, run.usecase.decision.bands
    floors = {band.decision: band.from_score for band in bands}
    others = sorted(set(frame["decision"].dropna().astype(str)) - floors.keys())
    counted = []
    for name in (*floors, *others):
        taken = frame[frame["decision"] == name]
        known = taken["label"].dropna()
        counted.append(
            DecisionCount(
                decision=name,
                from_score=floors.get(name, float("nan")),
                events=len(taken),
                share=len(taken) / len(frame) if len(frame) else 0.0,
                known=len(known),
                positives=int(known.sum()),
            )
        )
    return counted


def outcome(run: RunRecord, threshold: float | None = None) -> Outcome | None:
    """Count alarms against the labels; None where no label is known.

    Args:
        run: whose predictions.
        threshold: alarm on scores from here on, instead of on the decisions that were taken.
    """
    known = run.predictions["label"].notna()
    if not known.any():
        return None
    positive = run.predictions.loc[known, "label"].astype(float) == 1
    alarm = (alarms(run) if threshold is None else run.predictions["score"] >= threshold)[known]
    return Outcome(
        label=run.usecase.label,
        known=int(known.sum()),
        positives=int(positive.sum()),
        caught=int((positive & alarm).sum()),
        false_alarms=int((~positive & alarm).sum()),
    )


def stream_curve(run: RunRecord, counted: Outcome | None) -> Curve | None:
    """The curve of the streamed predictions; None without both classes among their labels."""
    if counted is None or not 0 < counted.positives < counted.known:
        return None
    known = run.predictions[run.predictions["label"].notna() & run.predictions["score"].notna()]
    labels = known["label"].to_numpy(dtype=np.int8)
    if not 0 < labels.sum() < len(labels):
        return None
    ranking = Ranking.of(labels, known["score"].to_numpy(dtype=np.float64))
    points = ranking.curves()["precision_recall_curve"]
    at = None
    if counted.recall is not None and counted.precision is not None:
        at = (counted.recall, counted.precision)
    return Curve(
        recall=points["recalls"],
        precision=points["precisions"],
        area=float(ranking.metrics(0.5)["average_precision"][0]),
        at=at,
    )
