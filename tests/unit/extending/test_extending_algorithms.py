"""docs/extending.md, a new algorithm: two means and the distance to each, fitted, stored, loaded and served."""

import ast
import pkgutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import headrace.usecase.algorithms
import pipelines.jobs.algorithms
import usecases
from headrace.errors import UseCaseError
from headrace.usecase import ALGORITHMS, Algorithm, Gate, Model
from headrace.usecase.algorithms import Range
from pipelines.jobs import hyperparameters, learning
from pipelines.jobs.algorithms import METHODS, Rows
from pipelines.jobs.algorithms.at_once import Chosen, at_once
from pipelines.jobs.served import files

FILES = sorted(Path(pipelines.jobs.algorithms.__path__[0]).glob("*.py"))
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


def fit_means(rows: Rows, chosen: Chosen) -> Means:
    means = [rows.features[rows.labels == label].mean(axis=0, dtype=np.float64) for label in (0, 1)]
    return Means(negative=means[0], positive=means[1], steepness=float(chosen["steepness"]))


TWO_MEANS = Algorithm(
    name="two_means",
    title="Distance to the mean of either class",
    own={"steepness": Range(0, 10, open=True)},
    defaults={"steepness": 1.0, "seed": 7, "refit": 1},
    needs_values=False,
    needs_scale=False,
)
METHOD = at_once(
    kind=Means,
    fit=lambda rows, chosen, _: fit_means(rows, chosen),
    arrays=lambda it: {name: np.asarray(getattr(it, name)) for name in ("negative", "positive", "steepness")},
    scorer=lambda it: Means(steepness=float(it.pop("steepness")), **it),
)


@pytest.fixture
def _added(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of the how-to: a line in either table."""
    monkeypatch.setitem(ALGORITHMS, "two_means", TWO_MEANS)
    monkeypatch.setitem(METHODS, "two_means", METHOD)


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


def test_every_declared_algorithm_is_in_both_tables_under_its_name() -> None:
    """What reminds whoever forgets a step."""
    assert {name: it.name for name, it in ALGORITHMS.items()} == {name: name for name in METHODS}
    for package in (headrace.usecase.algorithms, pipelines.jobs.algorithms):
        assert ALGORITHMS.keys() <= {it.name for it in pkgutil.iter_modules(package.__path__)}


@pytest.mark.parametrize("file", FILES, ids=lambda it: it.stem)
def test_what_travels_to_the_endpoint_imports_nothing_that_it_lacks(file: Path) -> None:
    """At the top of a module; functions that fit may import what training has."""
    found = [it for it in ast.parse(file.read_text()).body if isinstance(it, (ast.Import, ast.ImportFrom))]
    names = {str(it.module) for it in found if isinstance(it, ast.ImportFrom)}
    names |= {alias.name for it in found if isinstance(it, ast.Import) for alias in it.names}
    ours = {it for it in names if it.startswith("pipelines.jobs.algorithms")}
    roots = {it.partition(".")[0] for it in names - ours}
    assert roots <= sys.stdlib_module_names | {"numpy", "xgboost"}


def test_every_algorithm_has_a_title_and_fit_defaults() -> None:
    for it in ALGORITHMS.values():
        assert it.title
        assert list(it.unfit(it.defaults)) == []
