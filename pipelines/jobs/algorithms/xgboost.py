"""Boosted trees: stopped where validation says, then learned again from all rows for as many rounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xgboost as xgb

from pipelines.jobs.algorithms.method import Learned, Method, Rows

if TYPE_CHECKING:  # the endpoint has neither
    from pipelines.jobs.boosting import Schedule
    from pipelines.jobs.learning import Learner

TREES = "model.ubj"
_REFIT = "refit"


@dataclass(frozen=True)
class Trees:
    """Boosted trees."""

    booster: xgb.Booster

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities."""
        scores: np.ndarray = self.booster.inplace_predict(matrix, missing=np.nan, validate_features=False)
        return scores

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Exact SHAP values of the trees (Lundberg et al. 2020, TreeSHAP): each row sums to the row's margin."""
        rows = xgb.DMatrix(matrix, missing=np.nan)
        values: np.ndarray = self.booster.predict(rows, pred_contribs=True, validate_features=False)
        return values


def _learn(learner: Learner, train: Rows, validation: Rows) -> Learned:
    from pipelines.jobs.boosting import fit
    from pipelines.jobs.hyperparameters import booster_parameters

    fitted = fit(
        booster_parameters(learner.chosen, learner.weight),
        train,
        validation,
        _schedule(learner, int(learner.chosen["num_round"])),
        checkpoint=learner.checkpoint,
        report=learner.report,
        group=learner.group,
    )
    return Learned(scorer=Trees(fitted.booster), best=fitted.best, history=tuple(fitted.history))


def _again(learner: Learner, learned: Learned, every: Rows) -> Trees:
    from pipelines.jobs.boosting import grow
    from pipelines.jobs.hyperparameters import booster_parameters

    parameters = booster_parameters(learner.chosen, learner.weight)
    schedule = _schedule(learner, learned.best + 1)
    return Trees(grow(parameters, every, schedule, checkpoint=learner.checkpoint / _REFIT, group=learner.group))


def _schedule(learner: Learner, rounds: int) -> Schedule:
    from pipelines.jobs.boosting import Schedule

    return Schedule(
        rounds=rounds,
        patience=int(learner.chosen["early_stopping_rounds"]),
        save_every=int(learner.chosen["checkpoint_every"]),
    )


def _save(scorer: Trees, folder: Path) -> None:
    """XGBoost's own format."""
    scorer.booster.save_model(folder / TREES)


def _load(folder: Path) -> Trees:
    booster = xgb.Booster(model_file=str(folder / TREES))
    # One thread each: the server runs a worker per core, and more threads only queue behind each other.
    booster.set_param({"nthread": 1})
    return Trees(booster)


XGBOOST = Method(kind=Trees, learn=_learn, again=_again, save=_save, load=_load)
