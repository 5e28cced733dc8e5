"""Factorization machines: gradients, what pairs are worth, contributions, and the artifact."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from headrace.errors import UseCaseError
from headrace.usecase import ALGORITHMS, Gate, Model, Transform, UseCase
from pipelines.jobs.algorithms import Rows
from pipelines.jobs.algorithms.factorization_machine import Factors, Loss, fit_factors
from pipelines.jobs.algorithms.linear import fit_linear
from pipelines.jobs.hyperparameters import HyperparameterError, choose
from pipelines.jobs.served import files

CHOSEN = ALGORITHMS["factorization_machine"].defaults
GATES = (Gate(metric="auc", minimum=0.5),)
READY = (Transform(function="impute"), Transform(function="standardize"))


def rows(seed: int, many: int = 4_000) -> Rows:
    """Six columns, of which two decide by their signs together and neither by its own: an exclusive or, with noise."""
    rng = np.random.default_rng(seed)
    features = rng.normal(0, 1, (many, 6)).astype(np.float32)
    labels = (features[:, 0] * features[:, 1] + rng.normal(0, 0.3, many) > 0).astype(np.int8)
    return Rows(features=features, labels=labels)


@pytest.fixture(scope="module")
def fitted() -> Factors:
    return fit_factors(rows(1), CHOSEN, 1.0)


def test_a_pair_is_learned_that_a_linear_model_cannot_see(fitted: Factors) -> None:
    fresh = rows(2)
    linear = fit_linear(rows(1), ALGORITHMS["linear"].defaults, 1.0)
    assert roc_auc_score(fresh.labels, linear.scores(fresh.features)) < 0.56
    ideal = roc_auc_score(fresh.labels, fresh.features[:, 0] * fresh.features[:, 1])
    assert ideal > 0.9
    assert roc_auc_score(fresh.labels, fitted.scores(fresh.features)) > ideal - 0.01
    pairs = fitted.factors @ fitted.factors.T
    np.fill_diagonal(pairs, 0)
    assert np.unravel_index(np.argmax(np.abs(pairs)), pairs.shape) == (0, 1)


def test_the_gradient_is_that_of_the_loss() -> None:
    loss = Loss(rows(3, many=50), {**CHOSEN, "factors": 3, "l2": 0.1, "l2_factors": 0.2}, 4.0)
    point = np.random.default_rng(4).normal(0, 0.5, 1 + 6 + 18)
    _, gradient = loss(point)
    step = 1e-6 * np.eye(len(point))
    numeric = [(loss(point + it)[0] - loss(point - it)[0]) / 2e-6 for it in step]
    assert gradient == pytest.approx(numeric, rel=1e-5, abs=1e-8)


def test_blocks_of_rows_add_up_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = Loss(rows(3, many=100), CHOSEN, 2.0)
    point = loss.start(1, 0.1)
    whole, gradient = loss(point)
    monkeypatch.setattr("pipelines.jobs.algorithms.factorization_machine._BLOCK", 7)
    parts, summed = loss(point)
    assert parts == pytest.approx(whole)
    assert summed == pytest.approx(gradient)


def test_margins_are_weights_and_every_pair_once() -> None:
    rng = np.random.default_rng(5)
    model = Factors(
        weights=rng.normal(size=4), factors=rng.normal(size=(4, 3)), means=rng.normal(size=4), intercept=0.5
    )
    row = rng.normal(size=4)
    pairs = sum(model.factors[i] @ model.factors[j] * row[i] * row[j] for i, j in itertools.combinations(range(4), 2))
    assert model.margins(row[None])[0] == pytest.approx(0.5 + model.weights @ row + pairs)


def test_contributions_are_shapley_values_against_the_means() -> None:
    """By definition: a column's mean step over every order in which columns change from their mean to their value."""
    rng = np.random.default_rng(6)
    model = Factors(
        weights=rng.normal(size=4), factors=rng.normal(size=(4, 2)), means=rng.normal(size=4), intercept=0.1
    )
    row, expected = rng.normal(size=4), np.zeros(4)
    orders = list(itertools.permutations(range(4)))
    for order in orders:
        now = model.means.copy()
        for column in order:
            before = model.margins(now[None])[0]
            now[column] = row[column]
            expected[column] += (model.margins(now[None])[0] - before) / len(orders)
    found = model.contributions(row[None])[0]
    assert found[:-1] == pytest.approx(expected)
    assert found.sum() == pytest.approx(model.margins(row[None])[0])


def test_equal_seeds_give_equal_models_and_others_do_not(fitted: Factors) -> None:
    again, other = (fit_factors(rows(1), {**CHOSEN, "seed": seed}, 1.0) for seed in (7, 8))
    assert (again.factors == fitted.factors).all()
    assert (other.factors != fitted.factors).any()


def test_a_heavier_positive_raises_every_score_on_average(fitted: Factors) -> None:
    heavy = fit_factors(rows(1), CHOSEN, 5.0)
    fresh = rows(2).features
    assert heavy.scores(fresh).mean() > fitted.scores(fresh).mean() + 0.05


def test_the_artifact_answers_as_the_model_that_was_saved(fitted: Factors, tmp_path: Path) -> None:
    files.save(fitted, tmp_path)
    loaded = files.load("factorization_machine", tmp_path)
    fresh = rows(2).features
    assert (loaded.scores(fresh) == fitted.scores(fresh)).all()
    contributions = loaded.contributions(fresh)
    assert contributions is not None
    assert contributions.sum(axis=1) == pytest.approx(fitted.margins(fresh))


@pytest.mark.parametrize(
    ("transforms", "said"),
    [
        ((), "leave missing values, which factorization_machine cannot take"),
        (READY[:1], "leave units, and factorization"),
    ],
)
def test_columns_that_pairs_cannot_be_made_of_are_refused(transforms: tuple[Transform, ...], said: str) -> None:
    with pytest.raises(UseCaseError, match=said):
        Model(algorithm="factorization_machine", gates=GATES, transforms=transforms)


def test_a_single_feature_has_no_pairs(fraud: UseCase) -> None:
    model = Model(algorithm="factorization_machine", gates=GATES, transforms=READY)
    with pytest.raises(UseCaseError, match="needs 2 features or more, not 1; name more features, or use linear"):
        entities = tuple(replace(it, snapshot=None) for it in fraud.entities)
        replace(fraud, model=model, entities=entities, windows=(), calendar=(), expressions=())


@pytest.mark.parametrize("given", [{"factors": 0}, {"factors": 2.5}, {"init_scale": 0}, {"l2": -1}, {"C": 1}])
def test_unfit_hyperparameters_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(HyperparameterError):
        choose(given, "factorization_machine")
