"""Every algorithm is served by plain arrays that answer as the library that fitted them; so are transforms."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from job_runs import Trained
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression

from headrace.decisions import without_resampling
from headrace.usecase import Field, Gate, Model, Resampling, Transform, UseCase
from pipelines.jobs import baseline, evaluate, inference, preparing, train, unsupervised
from pipelines.jobs.boosting import Rows
from pipelines.jobs.hyperparameters import DEFAULTS, choose, positive_weight
from pipelines.jobs.judging.calibration import calibration
from pipelines.jobs.judging.evidence import Evidence
from pipelines.jobs.learning import Learner
from pipelines.jobs.linear import fit_linear
from pipelines.jobs.resampling import Resampler
from pipelines.jobs.served import files
from pipelines.jobs.served.columns import Columns
from pipelines.jobs.served.scorers import Ranks, search_length

IMPUTE, STANDARDIZE = Transform(function="impute"), Transform(function="standardize")
GATES = (Gate(metric="auc", minimum=0.5),)
RNG = np.random.default_rng(4)
FEATURES = RNG.normal(size=(3_000, 5))
LABELS = (FEATURES[:, 0] + 0.5 * FEATURES[:, 1] + RNG.normal(size=3_000) > 1.5).astype(np.int8)
FRESH = RNG.normal(size=(200, 5)) * 2


@pytest.fixture
def coded(fraud: UseCase) -> UseCase:
    """Fraud with a channel of four values as an input."""
    channel = Field(name="channel", type="string", allowed=("chip", "online", "phone", "stripe"))
    event = replace(fraud.event, fields=(*fraud.event.fields, channel))
    bare = {"windows": (), "calendar": (), "expressions": (), "expectations": ()}
    entities = tuple(replace(it, snapshot=None) for it in fraud.entities)
    return replace(fraud, event=event, entities=entities, inputs=("amount", "channel"), **bare)


def with_transforms(usecase: UseCase, *transforms: Transform) -> UseCase:
    return replace(usecase, model=replace(usecase.model, transforms=transforms))


def learn(usecase: UseCase, *transforms: Transform, rows: list[list[float]]) -> tuple[Columns, np.ndarray]:
    matrix = np.array(rows, dtype=np.float32)
    columns = preparing.learn(with_transforms(usecase, *transforms), matrix)
    return columns, columns.apply(matrix)


NAN = float("nan")
ROWS = [[1.0, 0], [3.0, 0], [NAN, 2], [8.0, NAN]]


def test_a_missing_value_becomes_the_median_and_a_flag_says_so(coded: UseCase) -> None:
    columns, ready = learn(coded, Transform(function="impute", of=("amount",)), rows=ROWS)
    assert columns.names == ("amount", "channel", "amount_missing")
    assert ready[:, [0, 2]].tolist() == [[1, 0], [3, 0], [3, 1], [8, 0]]
    assert columns.sources == (0, 1, 0)


@pytest.mark.parametrize(("fill", "value"), [("mean", 4.0), ("median", 3.0), ("constant", -7.0)])
def test_the_fill_is_learned_from_what_is_there(fill: str, value: float, coded: UseCase) -> None:
    transform = Transform(function="impute", of=("amount",), fill=fill, constant=-7, flag=False)
    columns, ready = learn(coded, transform, rows=ROWS)
    assert ready[2, 0] == value
    assert columns.names == ("amount", "channel")


def test_texts_become_a_column_each_and_rare_ones_share_one(coded: UseCase) -> None:
    rows = [[1.0, 0], [1.0, 0], [1.0, 1], [1.0, 1], [1.0, 3], [1.0, NAN]]
    columns, ready = learn(coded, Transform(function="one_hot", top=2), rows=rows)
    assert columns.names == ("amount", "channel=chip", "channel=online", "channel=other")
    assert ready[:, 1:].tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert columns.sources == (0, 1, 1, 1)
    unseen = columns.apply(np.array([[1.0, 2]], dtype=np.float32))
    assert unseen[0, 1:].tolist() == [0, 0, 1]


def test_numbers_are_standardized_scaled_logged_and_clipped(coded: UseCase) -> None:
    rows = [[float(it), 0] for it in (-4, 0, 4, 8)]
    assert learn(coded, Transform(function="standardize", of=("amount",)), rows=rows)[1][:, 0] == pytest.approx(
        (np.array([-4, 0, 4, 8]) - 2) / np.std([-4, 0, 4, 8])
    )
    assert learn(coded, Transform(function="scale", of=("amount",)), rows=rows)[1][:, 0] == pytest.approx(
        [0, 1 / 3, 2 / 3, 1]
    )
    logged = learn(coded, Transform(function="log1p", of=("amount",)), rows=rows)[1][:, 0]
    assert logged == pytest.approx([-np.log(5), 0, np.log(5), np.log(9)])
    clipped = learn(coded, Transform(function="clip", of=("amount",), low=0.25, high=0.75), rows=rows)[1][:, 0]
    assert clipped == pytest.approx([-1, 0, 4, 5])


def test_a_column_of_one_value_or_of_none_survives_every_transform(coded: UseCase) -> None:
    transforms = (IMPUTE, Transform(function="clip"), STANDARDIZE, Transform(function="scale"))
    _, ready = learn(coded, *transforms, rows=[[5.0, NAN], [5.0, NAN]])
    assert np.isfinite(ready).all()


def test_transforms_are_learned_once_and_read_from_the_artifacts_json(coded: UseCase) -> None:
    transforms = (Transform(function="one_hot"), IMPUTE, Transform(function="log1p"), STANDARDIZE)
    columns, ready = learn(coded, *transforms, rows=ROWS)
    again = Columns.read(json.loads(json.dumps(columns.document)))
    assert again == Columns.read(columns.document)
    assert (again.apply(np.array(ROWS, dtype=np.float32)) == ready).all()
    assert np.isfinite(ready).all()


def test_a_linear_model_answers_as_scikit_learn_and_adds_up() -> None:
    scorer = fit_linear(Rows(features=FEATURES, labels=LABELS), DEFAULTS["linear"], weight=3)
    theirs = LogisticRegression(C=1, max_iter=1_000, class_weight={0: 1, 1: 3}).fit(FEATURES, LABELS)
    assert scorer.scores(FRESH) == pytest.approx(theirs.predict_proba(FRESH)[:, 1])
    contributions = scorer.contributions(FRESH)
    assert contributions.sum(axis=1) == pytest.approx(theirs.decision_function(FRESH))
    assert contributions[:, 0] == pytest.approx(theirs.coef_[0, 0] * (FRESH[:, 0] - FEATURES[:, 0].mean()))


def test_isolation_trees_answer_as_scikit_learn() -> None:
    rows, fresh = FEATURES.astype(np.float32), FRESH.astype(np.float32)
    scorer = unsupervised.fit_forest(rows, {**DEFAULTS["isolation_forest"], "n_estimators": 20})
    theirs = IsolationForest(n_estimators=20, max_samples=256, random_state=7).fit(rows)
    average = search_length(np.array([256]))[0]
    assert 2 ** (scorer.raw(fresh) / average) == pytest.approx(-theirs.score_samples(fresh), rel=1e-9)


def test_distances_are_those_of_scikit_learn() -> None:
    scorer = unsupervised.fit_centres(FEATURES, DEFAULTS["kmeans"])
    theirs = KMeans(n_clusters=8, n_init=4, random_state=7).fit(FEATURES)
    assert scorer.raw(FRESH) == pytest.approx(theirs.transform(FRESH).min(axis=1))


@pytest.mark.parametrize("fit", [unsupervised.fit_forest, unsupervised.fit_centres])
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
        ("isolation_forest", lambda: unsupervised.fit_forest(FEATURES, DEFAULTS["isolation_forest"])),
        ("kmeans", lambda: unsupervised.fit_centres(FEATURES, DEFAULTS["kmeans"])),
    ],
)
def test_a_scorer_comes_back_from_its_files_as_it_was(algorithm: str, fit: Any, tmp_path: Path) -> None:
    scorer = fit()
    files.save(scorer, tmp_path)
    assert (files.load(algorithm, tmp_path).scores(FRESH) == scorer.scores(FRESH)).all()
    first = (tmp_path / files.ARRAYS).read_bytes()
    files.save(scorer, tmp_path)
    assert (tmp_path / files.ARRAYS).read_bytes() == first


def test_an_unknown_algorithm_and_an_unknown_scorer_are_named(tmp_path: Path) -> None:
    files.save(fit_linear(Rows(features=FEATURES, labels=LABELS), DEFAULTS["linear"], 1), tmp_path)
    with pytest.raises(ValueError, match="'oracle' is unknown here"):
        files.load("oracle", tmp_path)
    with pytest.raises(TypeError, match="str has no file format"):
        files.save("a", tmp_path)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(("kind", "odds"), [("undersample", 9.0), ("oversample", 9.0)])
def test_resampling_reaches_the_wanted_share_and_knows_what_it_did(kind: str, odds: float) -> None:
    labels = np.array([1] * 100 + [0] * 9_000, dtype=np.int8)
    rows = Rows(features=np.arange(9_100, dtype=np.float32)[:, None], labels=labels)
    resampler = Resampler.of(Resampling(kind=kind, negatives=10), labels)
    drawn = resampler.apply(rows, seed=3)
    assert resampler.odds == pytest.approx(odds)
    assert np.sum(drawn.labels == 0) / np.sum(drawn.labels) == pytest.approx(10, rel=0.01)
    assert (labels[drawn.features[:, 0].astype(int)] == drawn.labels).all()
    assert (resampler.apply(rows, seed=3).features == drawn.features).all()


def test_nothing_is_drawn_where_enough_positives_are_there() -> None:
    rows = Rows(features=np.zeros((4, 1)), labels=np.array([0, 1, 0, 1]))
    assert Resampler.of(Resampling(kind="undersample", negatives=10), rows.labels).apply(rows, 1) is rows


def places(trained: Trained, folder: Path) -> train.Places:
    return train.Places(
        train=trained.splits / "train",
        validation=trained.splits / "validation",
        all=trained.splits / "all",
        model=folder / "model",
        checkpoint=folder / "checkpoints",
    )


CLIP = Transform(function="clip")
MODELS = {
    "linear": Model(algorithm="linear", transforms=(IMPUTE, CLIP, STANDARDIZE), gates=GATES),
    "pairs": Model(algorithm="factorization_machine", transforms=(IMPUTE, CLIP, STANDARDIZE), gates=GATES),
    "trees that are balanced": Model(class_weight="balanced", hyperparameters={"num_round": 20}, gates=GATES),
    "trees on fewer negatives": Model(
        resampling=Resampling(kind="undersample", negatives=5), hyperparameters={"num_round": 20}, gates=GATES
    ),
    "trees on prepared columns": Model(transforms=(IMPUTE,), hyperparameters={"num_round": 20}, gates=GATES),
    "isolation forest": Model(algorithm="isolation_forest", transforms=(IMPUTE,), gates=GATES),
    "k-means": Model(algorithm="kmeans", transforms=(IMPUTE, STANDARDIZE), gates=GATES),
    "without labels": Model(algorithm="isolation_forest", transforms=(IMPUTE,), labelled=False),
}


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
        "evaluation.json", "bias.json", "gates.json", "model_card.json", "report.html",
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


def test_transforms_are_learned_from_training_rows_only(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    usecase = replace(fraud, model=MODELS["linear"])
    frame = pd.read_parquet(trained.splits / "validation")
    (tmp_path / "foreign").mkdir()
    frame.assign(amount=frame["amount"] * 1_000).to_parquet(tmp_path / "foreign" / "part.parquet")
    own = places(trained, tmp_path / "own")
    learned = train.train(usecase, {}, "v1", own)["columns"]
    foreign = replace(own, validation=tmp_path / "foreign", model=tmp_path / "model")
    assert train.train(usecase, {}, "v1", foreign)["columns"] == learned
    (moved,) = [it for it in learned["steps"] if it["function"] == "move"]
    amounts = pd.read_parquet(trained.splits / "train")["amount"]
    clipped = amounts.clip(*amounts.quantile([CLIP.low, CLIP.high]))
    assert moved["shift"][0] == pytest.approx(clipped.mean(), rel=1e-3)


def test_the_weight_of_a_positive_is_that_of_the_training_rows(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    usecase = replace(fraud, model=MODELS["trees that are balanced"])
    about = train.train(usecase, {"num_round": 2}, "v1", places(trained, tmp_path))
    known, judged = (pd.read_parquet(trained.splits / name)["label"] for name in ("train", "validation"))
    assert about["odds"] == pytest.approx((1 - known.mean()) / known.mean())
    assert known.mean() != judged.mean()


@pytest.mark.parametrize("kind", ["undersample", "oversample"])
def test_rows_that_choose_the_threshold_are_never_resampled(
    kind: str, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    wanted = Resampling(kind=kind, negatives=2)
    model = Model(resampling=wanted, hyperparameters={"num_round": 5}, gates=GATES)
    about = train.train(replace(fraud, model=model), {}, "v1", places(trained, tmp_path))
    known, judged = (pd.read_parquet(trained.splits / name)["label"] for name in ("train", "validation"))
    assert about["odds"] == pytest.approx((known == 0).sum() / known.sum() / 2)
    assert about["threshold"]["curve"]["costs"][0] == (judged == 0).sum() * fraud.label.false_alarm_cost
    assert about["threshold"]["curve"]["costs"][-1] == judged.sum() * fraud.label.missed_cost


@pytest.mark.parametrize("how", ["weight", "undersample", "oversample"])
def test_scores_stay_probabilities_however_the_rare_class_is_brought_forward(how: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    features = rng.normal(size=(40_000, 3)).astype(np.float32)
    labels = (rng.random(40_000) < 1 / (1 + np.exp(4 - 2 * features[:, 0]))).astype(np.int8)
    cut = 30_000
    known, held_out = (Rows(features=features[it], labels=labels[it]) for it in (slice(cut), slice(cut, None)))
    chosen = choose({"num_round": 60, "eta": 0.2, "max_depth": 2, "seed": 1, "class_weight": "balanced"})
    weight = positive_weight(chosen, known.labels) if how == "weight" else 1.0
    wanted = None if how == "weight" else Resampling(kind=how, negatives=2)
    resampler = Resampler.of(wanted, known.labels)
    learner = Learner(algorithm="xgboost", chosen=chosen, weight=weight, checkpoint=tmp_path)
    learned = learner.learn(resampler.apply(known, 1), held_out)
    fitted = train.Fitted(columns=Columns.plain(("a", "b", "c")), odds=weight * resampler.odds, learned=learned)
    found = calibration(fitted.ranking(held_out))
    assert fitted.odds > 4
    assert found["expected"] == pytest.approx(found["observed"], rel=0.1)
    uncorrected = calibration(replace(fitted, odds=1.0).ranking(held_out))
    assert uncorrected["expected"] > 2 * uncorrected["observed"]


def test_the_served_model_corrects_as_the_domain_says(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    train.train(replace(fraud, model=MODELS["trees that are balanced"]), {}, "v1", places(trained, tmp_path))
    model = inference.model_fn(str(tmp_path / "model"))
    rows = np.random.default_rng(1).gamma(2, 1, (50, len(model.features))).astype(np.float32)
    raw = model.scorer.scores(rows)
    assert model.scores(rows) == pytest.approx([without_resampling(float(it), model.odds) for it in raw], rel=1e-4)


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
