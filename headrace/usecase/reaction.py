"""How the platform reacts to what its monitors find: when it trains again, when it waits, when it calls people."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_duration, require_one_of

Promotion = Literal["automatic", "manual"]


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """Policy of reaction. Distances are those of ``constraint_violations.json``, 0 to 1.

    Attributes:
        notify_from: weighted distance from which a change of the inputs is told.
        retrain_from: weighted distance from which it is worth a training, if it lasts.
        persistence: in so many windows in a row must the same column be that far away.
        weights: what a column's distance counts for the business; 1 where it is not named.
        breadth: share of the columns from which a change counts as one step more severe.
        broken_from: unweighted distance from which a column counts as broken upstream: no world moves so far at once.
        null_share: share of missing values from which a column counts as broken upstream.
        quality_persistence: in so many windows in a row must model quality miss its bound.
        least_labels: labelled answers that must have shown the drop before a training can learn from it.
        least_positives: positives among them.
        cooldown: between two trainings because of drift, to the nearest window of the monitor: with windows of a day
            ``1d`` lets the next night's finding train, ``2d`` the one after it.
        daily_budget: trainings because of drift within 24 hours, to the nearest window too.
        attempts: trainings because of drift within ``attempts_within``; one more calls a person instead.
        watch: how long after a rollout, the label's delay added, a drop brings the previous model back.
        recovery: windows in a row without broken data after which a freeze ends.
        promotion: whether a model that passed every gate is approved without a person.
        approval_within: so long, to the nearest window, a model that waits for a person holds back trainings because
            of drift; later it is taken for forgotten. Where promotion is automatic it holds back none.
        schedule: EventBridge cron expression of trainings whatever happens; empty for none.
        new_labels: trains when so many labels came by file since the last training; 0 for never.
        on_code_change: trains when the training stack, and with it the code of its jobs, was updated.
    """

    notify_from: float = 0.1
    retrain_from: float = 0.3
    persistence: int = 3
    weights: Mapping[str, float] = field(default_factory=dict)
    breadth: float = 0.3
    broken_from: float = 0.9
    null_share: float = 0.05
    quality_persistence: int = 2
    least_labels: int = 500
    least_positives: int = 20
    cooldown: str = "1d"
    daily_budget: int = 1
    attempts: int = 3
    attempts_within: str = "14d"
    watch: str = "2d"
    recovery: int = 2
    promotion: Promotion = "manual"
    approval_within: str = "7d"
    schedule: str = ""
    new_labels: int = 0
    on_code_change: bool = False

    def __post_init__(self) -> None:
        for name in ("notify_from", "retrain_from", "breadth", "broken_from", "null_share"):
            require(0 < getattr(self, name) <= 1, f"reaction.{name}", "is outside 0 to 1", "give a share such as 0.3")
        where = "reaction.retrain_from"
        require(self.notify_from <= self.retrain_from, where, "is below notify_from", "people hear of it first")
        for name in ("persistence", "quality_persistence", "daily_budget", "attempts", "recovery"):
            require(getattr(self, name) >= 1, f"reaction.{name}", "is below 1", "count from 1")
        for name in ("least_labels", "least_positives", "new_labels"):
            require(getattr(self, name) >= 0, f"reaction.{name}", "is negative", "0 asks for none")
        for name, weight in self.weights.items():
            require(weight >= 0, f"reaction.weights[{name}]", "is negative", "0 ignores a column, 2 doubles it")
        for name in ("cooldown", "attempts_within", "watch", "approval_within"):
            require_duration(getattr(self, name), f"reaction.{name}")
        require_one_of(self.promotion, get_args(Promotion), "reaction.promotion")
        cron = self.schedule.startswith("cron(") and self.schedule.endswith(")")
        require(
            cron or not self.schedule, "reaction.schedule", "is no cron expression", "write 'cron(0 2 ? * SUN *)' (UTC)"
        )

    @property
    def cooldown_s(self) -> int:
        """The cooldown in seconds."""
        return require_duration(self.cooldown, "reaction.cooldown")

    @property
    def attempts_within_s(self) -> int:
        """How far back attempts count, in seconds."""
        return require_duration(self.attempts_within, "reaction.attempts_within")

    @property
    def approval_within_s(self) -> int:
        """How long a model that waits for a person holds back the next, in seconds."""
        return require_duration(self.approval_within, "reaction.approval_within")

    @property
    def watch_s(self) -> int:
        """The watch window in seconds, without the label's delay."""
        return require_duration(self.watch, "reaction.watch")
