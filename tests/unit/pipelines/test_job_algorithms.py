"""Every algorithm is served by plain arrays that answer as the library that fitted them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from job_runs import Trained
from kinds_of_models import MODELS
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from training_places import places

from headrace.usecase import ALGORITHMS, UseCase
from pipelines.jobs import baseline, evaluate, inference, train
from pipelines.jobs.algorithms import Rows
from pipelines.jobs.algorithms.at_once import ARRAYS
from pipelines.jobs.algorithms.isolation_forest import fit_forest, search_length
from pipelines.jobs.algorithms.kmeans import fit_centres
from pipelines.jobs.algorithms.linear import fit_linear
from pipelines.jobs.algorithms.ranks import Ranks
from pipelines.jobs.judging.evidence import Evidence
from pipelines.jobs.served import files

DEFAULTS = {name: it.defaults for name, it in ALGORITHMS.items()}
RNG = np.random.default_rng(4)
FEATURES = RNG.normal(size=(3_000, 5))
LABELS = (FEATURES[:, 0] + 0.5 * FEATURES[:, 1] + RNG.normal(size=3_000) > 1.5).astype(np.int8)
FRESH = RNG.normal(size=(200, 5)) * 2


def test_a_linear_model_answers_as_scikit_learn_and_adds_up() -> None:
    scorer = fit_linear(Rows(features=FEATURES, labels=LABELS), DEFAULTS["linear"], weight=3)
    theirs = LogisticRegression(C=1, max_iter=1_000, class_weight={0: 1, 1: 3}).fit(FEATURES, LABELS)
    assert scorer.scores(FRESH) == pytest.approx(theirs.predict_proba(FRESH)[:, 1])
    contributions = scorer.contributions(FRESH)
    assert contributions.sum(axis=1) == pytest.approx(theirs.decision_function(FRESH))
    assert contributions[:, 0] == pytest.approx(theirs.coef_[0, 0] * (FRESH[:, 0] - FEATURES[:, 0].mean()))


def test_isolation_trees_answer_as_scikit_learn() -> None:
    rows, fresh = FEATURES.astype(np.float32), FRESH.astype(np.float32)
    scorer = fit_forest(rows, {**DEFAULTS["isolation_forest"], "n_estimators": 20})
    theirs = IsolationForest(n_estimators=20, max_samples=256, random_state=7).fit(rows)
    average = search_length(np.array([256]))[0]
    assert 2 ** (scorer.raw(fresh) / average) == pytest.approx(-theirs.score_samples(fresh), rel=1e-9)


def test_distances_are_those_of_scikit_learn() -> None:
    scorer = fit_centres(FEATURES, DEFAULTS["kmeans"])
    theirs = KMeans(n_clusters=8, n_init=4, random_state=7).fit(FEATURES)
    assert scorer.raw(FRESH) == pytest.approx(theirs.transform(FRESH).min(axis=1))


@pytest.mark.parametrize("fit", [fit_forest, fit_centres])
def test_an_anomaly_score_is_the_share_of_training_rows_that_are_less_unusual(fit: Any) -> None:
    scorer = fit(FEATURES, {**DEFAULTS["isolation_forest"], **DEFAULTS["kmeans"]})
    assert np.quantile(scorer.scores(FEATURES), [0.1, 0.5, 0.99]) == pytest.approx([0.1, 0.5, 0.99], abs=0.02)
    assert scorer.scores(np.full((1, 5), 50.0)) == [1.0]
    assert scorer.contributions(FEATURES) is None


def test_ranks_hold_for_values_that_are_there_many_times() -> None:
    ranks = Ranks(np.array([0.0, 0.0, 1.0, 2.0, 2.0]))
    assert ranks.of(np.array([-1.0, 0.0, 1.0, 2.0, 9.0])) == pytest.approx([0.25, 0.25, 0.5, 1, 1])


@pytest.mark.parametrize(
    ("algorithm", "fit"),
    [
        ("linear", lambda: fit_linear(Rows(features=FEATURES, labels=LABELS), DEFAULTS["linear"], 1)),
        ("isolation_forest", lambda: fit_forest(FEATURES, DEFAULTS["isolation_forest"])),
        ("kmeans", lambda: fit_centres(FEATURES, DEFAULTS["kmeans"])),
    ],
)
def test_a_scorer_comes_back_from_its_files_as_it_was(algorithm: str, fit: Any, tmp_path: Path) -> None:
    scorer = fit()
    files.save(scorer, tmp_path)
    assert (files.load(algorithm, tmp_path).scores(FRESH) == scorer.scores(FRESH)).all()
    first = (tmp_path / ARRAYS).read_bytes()
    files.save(scorer, tmp_path)
    assert (tmp_path / ARRAYS).read_bytes() == first


def test_an_unknown_algorithm_and_an_unknown_scorer_are_named(tmp_path: Path) -> None:
    files.save(fit_linear(Rows(features=FEATURES, labels=LABELS), DEFAULTS["linear"], 1), tmp_path)
    with pytest.raises(ValueError, match="'oracle' is unknown here"):
        files.load("oracle", tmp_path)
    with pytest.raises(TypeError, match="str has no file format"):
        files.save("a", tmp_path)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model_is_trained_judged_and_served(
    name: str, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    usecase = replace(fraud, model=MODELS[name])
    about = train.train(usecase, {}, "v1", places(trained, tmp_path))
    test, evidence = trained.splits / "test", Evidence(validation=trained.splits / "validation")
    found = evaluate.evaluate(usecase, tmp_path / "model", test, resamples=20, seed=1, evidence=evidence)
    evaluate.write(tmp_path / "out", usecase, about, found, evidence)
    assert found["gates"]["passed"], found["gates"]["reason"]
    assert {it.name for it in (tmp_path / "out").iterdir()} == {
        "evaluation.json", "bias.json", "explanation.json", "gates.json", "model_card.json", "report.html",
    }  # fmt: skip
    model = inference.model_fn(str(tmp_path / "model"))
    request = inference.Request(instances=[{"amount": 9.0}, {}], explain=2)
    answer = inference.predict_fn(request, model)
    assert ((answer.scores >= 0) & (answer.scores <= 1)).all()
    explained = not MODELS[name].unsupervised
    assert answer.reasons is not None
    assert [len(it) for it in answer.reasons] == [2 * explained] * 2
    documents = baseline.baseline(usecase, tmp_path / "model", trained.splits / "all", test)
    assert [it["name"] for it in documents["statistics.json"]["features"]] == [*usecase.feature_names, "score"]


def test_contributions_of_flags_belong_to_their_feature_and_the_weight_to_the_base(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    model_settings = replace(MODELS["trees on prepared columns"], class_weight=4.0)
    train.train(replace(fraud, model=model_settings), {}, "v1", places(trained, tmp_path))
    model = inference.model_fn(str(tmp_path / "model"))
    assert "terminal_count_30d_missing" in model.columns.names
    rows = np.random.default_rng(1).gamma(2, 1, (50, len(model.features))).astype(np.float32)
    rows[:20, model.features.index("terminal_count_30d")] = np.nan
    values, scores = model.contributions(rows), model.scores(rows)
    assert values is not None
    assert values.shape == (50, len(model.features) + 1)
    assert values.sum(axis=1) == pytest.approx(np.log(scores / (1 - scores)), abs=1e-4)
