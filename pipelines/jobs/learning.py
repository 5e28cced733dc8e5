"""One way to learn for every algorithm: stop where validation says, then learn again from all rows for as long."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from headrace.usecase import Algorithm
from pipelines.jobs import unsupervised
from pipelines.jobs.boosting import Rows, Schedule, fit, grow
from pipelines.jobs.factorization import fit_factors
from pipelines.jobs.hyperparameters import Hyperparameters, booster_parameters
from pipelines.jobs.linear import fit_linear
from pipelines.jobs.served.scorers import Scorer, Trees
from pipelines.jobs.together import Group

Report = Callable[[int, float], None]
_REFIT = "refit"


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A scorer, and for algorithms in rounds the validation's average precision after each and the best one."""

    scorer: Scorer
    best: int = 0
    history: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Learner:
    """An algorithm with its hyperparameters and the weight of a positive.

    ``checkpoint`` is a folder to resume from and save to; only algorithms in rounds use it. ``group`` is the machines
    that learn together, each from its share of the rows; only boosted trees can.
    """

    algorithm: Algorithm
    chosen: Hyperparameters
    weight: float
    checkpoint: Path
    report: Report = lambda _round, _value: None
    group: Group = field(default_factory=Group)

    def learn(self, train: Rows, validation: Rows) -> Learned:
        """Fit on training rows; validation rows decide when to stop, where the algorithm works in rounds."""
        if self.algorithm != "xgboost":
            return Learned(scorer=self._at_once(train))
        parameters = booster_parameters(self.chosen, self.weight)
        schedule = self._schedule(int(self.chosen["num_round"]))
        fitted = fit(
            parameters,
            train,
            validation,
            schedule,
            checkpoint=self.checkpoint,
            report=self.report,
            group=self.group,
        )
        return Learned(scorer=Trees(fitted.booster), best=fitted.best, history=tuple(fitted.history))

    def again(self, learned: Learned, every: Rows) -> Scorer:
        """Fit once more on every row, for as many rounds as were best."""
        if self.algorithm != "xgboost":
            return self._at_once(every)
        parameters = booster_parameters(self.chosen, self.weight)
        schedule = self._schedule(learned.best + 1)
        return Trees(grow(parameters, every, schedule, checkpoint=self.checkpoint / _REFIT, group=self.group))

    def _schedule(self, rounds: int) -> Schedule:
        return Schedule(
            rounds=rounds,
            patience=int(self.chosen["early_stopping_rounds"]),
            save_every=int(self.chosen["checkpoint_every"]),
        )

    def _at_once(self, rows: Rows) -> Scorer:
        if self.algorithm == "linear":
            return fit_linear(rows, self.chosen, self.weight)
        if self.algorithm == "factorization_machine":
            return fit_factors(rows, self.chosen, self.weight)
        if self.algorithm == "isolation_forest":
            return unsupervised.fit_forest(rows.features, self.chosen)
        return unsupervised.fit_centres(rows.features, self.chosen)
