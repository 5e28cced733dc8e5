"""The walk of one policy through time: at every step ask it, train if it wants, answer the events until the next."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cli.backtest.answers import SCORE
from cli.backtest.drift import Watch
from cli.backtest.model import Deployed
from cli.backtest.past import Past
from cli.backtest.policies import Policy, Situation, reacts
from cli.backtest.terms import Terms
from cli.backtest.training import Trainer, Training
from cli.backtest.vectors import Vectors
from headrace.reaction import too_soon
from headrace.windows_columnar import labelled
from pipelines.jobs.training_set import LABEL

Report = Callable[[int, int, str], None]
"""Called with steps done, steps to do, and what is being done."""
FIRST, STILL_NONE = "the first model", "there is no model yet"


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What a policy led to: every event's answer, and every training."""

    policy: str
    answers: pd.DataFrame
    trainings: tuple[Training, ...]


class Walk:
    """One policy on its way; see ``walk``."""

    def __init__(self, terms: Terms, policy: Policy, past: Past, vectors: Vectors, trainer: Trainer) -> None:
        self._terms, self._policy, self._past = terms, policy, past
        self._vectors, self._trainer = vectors, trainer
        self._model: Deployed | None = None
        self._watch: Watch | None = None
        self._deployed_at = self._tried_at = terms.start
        self._reacted: list[int] = []
        self._trainings: list[Training] = []
        self._answers: list[pd.DataFrame] = []

    def go(self, report: Report) -> Walked:
        """Take every step."""
        steps = self._terms.steps
        for done, (now, until) in enumerate(steps):
            day = pd.Timestamp(now, unit="s").date()
            reason = self._reason(now)
            if reason is not None:
                report(done, len(steps), f"{day}: training, {reason}")
                self._train(now, reason)
            report(done, len(steps), f"{day}: answering")
            self._answers.append(self._vectors.answers(now, until, self._model))
        models = sum(it.outcome == "deployed" for it in self._trainings)
        report(len(steps), len(steps), f"{len(self._trainings)} trainings, {models} models deployed")
        answers = pd.concat([it for it in self._answers if len(it)], ignore_index=True)
        return Walked(policy=self._policy.name, answers=answers, trainings=tuple(self._trainings))

    def _reason(self, now: int) -> str | None:
        if not self._trainings:
            return FIRST
        if self._model is None:
            return STILL_NONE if self._policy.persists else None
        new = self._past.labels_between(self._tried_at, now)
        held = too_soon(self._reacted, self._terms.usecase, now)
        drift = partial(self._drift, now)
        return self._policy.due(Situation(now=now, tried_at=self._tried_at, labels=new, drift=drift, too_soon=held))

    def _drift(self, now: int) -> str | None:
        if self._model is None:
            return None
        since = max(self._deployed_at, now - self._terms.step_s)
        if self._watch is None:
            self._watch = Watch(self._terms.usecase, self._model, step_s=self._terms.step_s)
        return self._watch.found(self._vectors.rows(since, now)) or self._watch.worse(*self._matured(now))

    def _matured(self, now: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels and scores of the deployed model's answers whose labels are complete by now, of the last such step."""
        usecase, until = self._terms.usecase, now - self._terms.delay_s
        since = max(self._deployed_at, until - self._terms.step_s)
        parts = [it for it in self._answers if len(it)]
        if not parts:
            return np.zeros(0), np.zeros(0)
        answers = pd.concat(parts, ignore_index=True)
        answers = answers[answers[usecase.event.timestamp].between(since, until, inclusive="left")]
        known = labelled(usecase, answers, self._past.labels, known_until=now)
        return known[LABEL].to_numpy(), known[SCORE].to_numpy(np.float64)

    def _train(self, now: int, reason: str) -> None:
        training, model = self._trainer.train(self._vectors, at=now, reason=reason, champion=self._model)
        self._trainings.append(training)
        self._tried_at = now
        self._reacted += [now] if reacts(reason) else []
        if model is not None:
            self._model, self._deployed_at, self._watch = model, now, None
