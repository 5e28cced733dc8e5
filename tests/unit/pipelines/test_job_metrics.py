"""The figures agree with the catalogue's oracle and with scikit-learn, ties included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from pipelines.jobs.judging.regression import regression_metrics
from pipelines.jobs.metrics import Confusion, Ranking


def sample(rows: int = 3_000, seed: int = 3, digits: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = (rng.random(rows) < 0.1).astype(np.int8)
    return labels, np.clip(rng.normal(0.3 + 0.2 * labels, 0.15), 0, 1).round(digits).astype(np.float32)


def test_the_catalogues_confusion_matrix_gives_its_figures() -> None:
    figures = Confusion(tp=80, fp=50, fn=20, tn=850).metrics()
    assert {name: round(float(figures[name]), 3) for name in ("accuracy", "precision", "recall", "f1")} == {
        "accuracy": 0.93,
        "precision": 0.615,
        "recall": 0.8,
        "f1": 0.696,
    }


def test_costs_weigh_missed_positives_and_false_alarms() -> None:
    assert Confusion(tp=80, fp=50, fn=20, tn=850).cost(500, 50) == 20 * 500 + 50 * 50


def test_a_classifier_that_calls_nothing_has_precision_and_f1_of_zero() -> None:
    figures = Confusion(tp=0, fp=0, fn=5, tn=95).metrics()
    assert (figures["precision"], figures["recall"], figures["f1"]) == (0, 0, 0)


@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=60).filter(
        lambda rows: 0 < sum(label for label, _ in rows) < len(rows)
    ),
    eighths=st.integers(0, 9),
)
def test_every_figure_agrees_with_scikit_learn(rows: list[tuple[bool, int]], eighths: int) -> None:
    labels = np.array([label for label, _ in rows], dtype=np.int8)
    scores = np.array([score / 8 for _, score in rows], dtype=np.float32)
    threshold = eighths / 8
    called = scores >= threshold
    expected = {
        "auc": sk.roc_auc_score(labels, scores),
        "average_precision": sk.average_precision_score(labels, scores),
        "accuracy": sk.accuracy_score(labels, called),
        "precision": sk.precision_score(labels, called, zero_division=0),
        "recall": sk.recall_score(labels, called, zero_division=0),
        "f1": sk.f1_score(labels, called, zero_division=0),
        "f2": sk.fbeta_score(labels, called, beta=2, zero_division=0),
    }
    assert Ranking.of(labels, scores).figures(threshold) == pytest.approx(expected, abs=1e-6)


def test_weighted_rows_count_as_repeated_rows() -> None:
    labels, scores = sample(400)
    weights = np.random.default_rng(1).poisson(1.0, (1, 400)).astype(np.uint8)
    repeated = Ranking.of(np.repeat(labels, weights[0]), np.repeat(scores, weights[0])).figures(0.4)
    ranking = Ranking.of(labels, scores)
    order = np.argsort(-scores, kind="stable")
    weighted = {name: float(values[0]) for name, values in ranking.metrics(0.4, weights[:, order]).items()}
    assert weighted == pytest.approx(repeated, abs=1e-6)


def test_the_catalogues_errors_give_its_figures() -> None:
    truth = np.array([100, 120, 140, 160, 180])
    figures = regression_metrics(truth, truth + np.array([20, -20, 10, -50, 10]))
    assert (figures["mae"], round(figures["rmse"], 1)) == (22, 26.5)
    assert figures["mse"] == 700
    assert figures["r2"] == pytest.approx(sk.r2_score(truth, truth + np.array([20, -20, 10, -50, 10])))


def test_a_truth_that_never_varies_explains_nothing() -> None:
    assert regression_metrics(np.full(3, 7.0), np.array([7.0, 8.0, 6.0]))["r2"] == 0


def test_curves_run_from_the_first_threshold_to_full_recall_within_the_points_allowed() -> None:
    labels, scores = sample(digits=6)
    curves = Ranking.of(labels, scores).curves(most=50)
    recalls = curves["precision_recall_curve"]["recalls"]
    assert len(recalls) <= 50
    assert recalls == sorted(recalls)
    assert recalls[-1] == 1.0
    precision, recall, thresholds = sk.precision_recall_curve(labels, scores)
    known = {(round(float(p), 6), round(float(r), 6)) for p, r in zip(precision, recall, strict=True)}
    drawn = zip(curves["precision_recall_curve"]["precisions"], recalls, strict=True)
    assert set(drawn) <= known
    assert len(thresholds) > 50


def test_the_roc_curve_ends_where_everything_is_called() -> None:
    roc = Ranking.of(*sample()).curves()["receiver_operating_characteristic_curve"]
    assert (roc["false_positive_rates"][-1], roc["true_positive_rates"][-1]) == (1.0, 1.0)
