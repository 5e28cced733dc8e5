"""docs/extending.md, a new algorithm: two means and the distance to each, fitted, stored, loaded and served."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pytest

import usecases
from headrace.errors import UseCaseError
from headrace.usecase import Algorithm, Gate, Model, model
from headrace.usecase.algorithm import ALLOWED, Range
from pipelines.jobs import hyperparameters, learning
from pipelines.jobs.boosting import Rows
from pipelines.jobs.served import files
from pipelines.jobs.served.scorers import Scorer

RNG = np.random.default_rng(2)
LABELS = (RNG.random(400) < 0.3).astype(np.int8)
ROWS = Rows(features=(RNG.normal(size=(400, 3)) + LABELS[:, None]).astype(np.float32), labels=LABELS)


@dataclass(frozen=True, kw_only=True)
class Means:
    """The mean row of either class, shape (columns,) each, and how quickly the score turns between them."""

    negative: np.ndarray
    positive: np.ndarray
    steepness: float

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """A logistic function of how much nearer a row is to the positives."""
        nearer = np.linalg.norm(matrix - self.negative, axis=1) - np.linalg.norm(matrix - self.positive, axis=1)
        scores: np.ndarray = 1 / (1 + np.exp(-self.steepness * nearer))
        return scores

    def contributions(self, matrix: np.ndarray) -> None:
        """Unknown: a distance is no sum over columns."""
        del matrix


def fit_means(rows: Rows, chosen: hyperparameters.Hyperparameters) -> Means:
    means = [rows.features[rows.labels == label].mean(axis=0, dtype=np.float64) for label in (0, 1)]
    return Means(negative=means[0], positive=means[1], steepness=float(chosen["steepness"]))


@pytest.fixture
def _added(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of the how-to."""
    monkeypatch.setattr(model, "Algorithm", Literal[*get_args(Algorithm), "two_means"])
    monkeypatch.setitem(ALLOWED, "two_means", {"steepness": Range(0, 10, open=True), "refit": Range(0, 1, whole=True)})
    monkeypatch.setitem(hyperparameters.DEFAULTS, "two_means", {"steepness": 1.0, "refit": 1})
    fitted = learning.Learner._at_once

    def at_once(self: learning.Learner, rows: Rows) -> Scorer:
        return fit_means(rows, self.chosen) if self.algorithm == "two_means" else fitted(self, rows)

    monkeypatch.setattr(learning.Learner, "_at_once", at_once)
    stored = files.Format(
        kind=Means,
        arrays=lambda it: {name: np.asarray(getattr(it, name)) for name in ("negative", "positive", "steepness")},
        scorer=lambda it: Means(steepness=float(it.pop("steepness")), **it),
    )
    monkeypatch.setitem(files.FORMATS, "two_means", stored)


@pytest.mark.usefixtures("_added")
def test_a_use_case_may_ask_for_a_new_algorithm_and_its_own_hyperparameters_only() -> None:
    asked = Model(algorithm="two_means", hyperparameters={"steepness": 2.0}, gates=(Gate(metric="auc", minimum=0.6),))
    assert replace(usecases.load("rides"), model=asked).model.algorithm == "two_means"
    with pytest.raises(UseCaseError, match="two_means has no such hyperparameter"):
        Model(algorithm="two_means", hyperparameters={"eta": 0.1}, gates=asked.gates)


@pytest.mark.usefixtures("_added")
def test_a_new_algorithm_is_fitted_and_served_from_its_files_as_it_was_fitted(tmp_path: Path) -> None:
    chosen = hyperparameters.choose({"steepness": 2.0}, "two_means")
    learner = learning.Learner(algorithm="two_means", chosen=chosen, weight=1.0, checkpoint=tmp_path / "checkpoint")
    scorer = learner.learn(ROWS, ROWS).scorer
    assert scorer.scores(ROWS.features)[LABELS == 1].mean() > 0.7 > scorer.scores(ROWS.features)[LABELS == 0].mean()
    files.save(scorer, tmp_path)
    assert (files.load("two_means", tmp_path).scores(ROWS.features) == scorer.scores(ROWS.features)).all()


def test_every_declared_algorithm_is_in_every_table() -> None:
    """What reminds whoever forgets a step."""
    declared = set(get_args(Algorithm))
    assert declared == ALLOWED.keys() == hyperparameters.DEFAULTS.keys()
    assert declared - {"xgboost"} == files.FORMATS.keys()
