"""The parts of the judgement: calibration, costs, slices, explanations, the audit of single features, distances."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from headrace.decisions import cheapest_threshold, cost
from headrace.usecase import Field, UseCase
from pipelines.jobs.algorithms import Rows
from pipelines.jobs.judging.audit import single_features
from pipelines.jobs.judging.calibration import calibration
from pipelines.jobs.judging.costs import Prices, curve, stability
from pipelines.jobs.judging.judged_rows import JudgedRows
from pipelines.jobs.judging.shift import kolmogorov_smirnov
from pipelines.jobs.judging.slices import auc_interval, slices
from pipelines.jobs.metrics import Ranking

PRICES = Prices(missed_cost=500, false_alarm_cost=50)


def sample(rows: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are the probabilities of their labels."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.3, 4, rows)
    return (rng.random(rows) < scores).astype(np.int8), scores


def test_true_probabilities_lie_on_the_diagonal_and_squeezed_ones_do_not() -> None:
    labels, scores = sample(40_000)
    honest = calibration(Ranking.of(labels, scores))
    assert honest["error"] < 0.005
    assert honest["expected"] == pytest.approx(honest["observed"], rel=0.05)
    assert honest["brier"] == pytest.approx(np.mean((scores - labels) ** 2), abs=1e-6)
    inside = [it["interval"][0] <= it["score"] <= it["interval"][1] for it in honest["curve"]]
    assert np.mean(inside) > 0.7
    assert calibration(Ranking.of(labels, np.sqrt(scores)))["error"] > 10 * honest["error"]


def test_every_row_is_in_one_bin_of_the_reliability_curve() -> None:
    labels, scores = sample(5_000)
    found = calibration(Ranking.of(labels, scores.round(2)))["curve"]
    assert sum(it["rows"] for it in found) == 5_000
    assert [it["score"] for it in found] == sorted(it["score"] for it in found)
    assert sum(it["rows"] * it["share"] for it in found) == pytest.approx(labels.sum(), abs=1)


def test_calibration_of_one_score_is_one_point() -> None:
    found = calibration(Ranking.of(np.array([0, 1, 0, 0]), np.full(4, 0.0)))
    assert [it["rows"] for it in found["curve"]] == [4]
    assert np.isfinite(found["log_loss"])


def test_the_cost_curve_is_the_cost_at_each_threshold() -> None:
    labels, scores = sample(800)
    found = curve(Ranking.of(labels, scores), PRICES, points=21)
    expected = [
        cost(labels.tolist(), scores.tolist(), threshold=it, missed_cost=500, false_alarm_cost=50)
        for it in found["thresholds"]
    ]
    assert found["costs"] == expected
    assert (found["thresholds"][0], found["thresholds"][-1]) == (0, 1)


def test_more_rows_make_the_choice_of_a_threshold_more_stable() -> None:
    found = []
    for rows in (400, 40_000):
        labels, scores = sample(rows)
        prices = {"missed_cost": 500.0, "false_alarm_cost": 50.0}
        chosen = cheapest_threshold(labels.tolist(), scores.tolist(), **prices)
        found.append(stability(Ranking.of(labels, scores), chosen, PRICES))
        assert 0 <= found[-1].regret < 0.5
        assert found[-1].low <= chosen + 0.05 and chosen - 0.05 <= found[-1].high
    few, many = found
    assert many.high - many.low < few.high - few.low
    assert many.regret < few.regret


def test_a_bad_threshold_is_regretted() -> None:
    labels, scores = sample(4_000)
    ranking = Ranking.of(labels, scores)
    assert stability(ranking, 0.9, PRICES).regret > 1 > stability(ranking, 0.1, PRICES).regret


@pytest.fixture
def coded(fraud: UseCase) -> UseCase:
    fields = (*fraud.event.fields, Field(name="channel", type="string", allowed=("chip", "online")))
    return replace(fraud, event=replace(fraud.event, fields=fields), inputs=("amount", "channel"))


def judged_rows(rows: int, labels: np.ndarray) -> JudgedRows:
    rng = np.random.default_rng(2)
    return JudgedRows(
        pa.table(
            {
                "timestamp": 1_533_081_600 + np.arange(rows) * 600,
                "amount": np.where(np.arange(rows) < 50, np.nan, rng.gamma(2, 20, rows)),
                "channel": np.where(np.arange(rows) < 20, np.nan, np.arange(rows) % 2),
                "label": labels,
            }
        )
    )


def test_slices_of_one_kind_hold_every_row_once(coded: UseCase) -> None:
    labels, scores = sample(4_000)
    rows = judged_rows(4_000, labels)
    found = slices(coded, rows, scores, 0.3)
    for by in ("amount", "channel"):
        assert sum(it["rows"] for it in found if it["by"] == by) == 4_000
    assert [it["part"] for it in found if it["by"] == "channel"] == ["chip", "online", "missing"]
    calendar = {it["part"]: it["rows"] for it in found if it["by"] == "calendar"}
    assert calendar["weekday"] + calendar["weekend"] == calendar["day"] + calendar["night"] == 4_000
    moments = np.datetime64(0, "s") + rows.timestamps.astype("timedelta64[s]")
    weekdays = (moments.astype("datetime64[D]").view("int64") + 3) % 7
    assert calendar["weekend"] == int(np.sum(weekdays >= 5))


def test_a_slice_where_the_model_fails_is_called_worse_and_a_small_one_is_not_judged(coded: UseCase) -> None:
    labels, scores = sample(8_000)
    rows = judged_rows(8_000, labels)
    blind = np.where(rows.column("channel") == 1, 0.01, scores)
    verdicts = {it["part"]: it["verdict"] for it in slices(coded, rows, blind, 0.3) if it["by"] == "channel"}
    assert verdicts == {"chip": "like the rest", "online": "worse", "missing": "too few positives"}


def test_the_interval_of_an_area_is_that_of_drawing_rows_again() -> None:
    labels, scores = sample(3_000)
    scores = scores.round(2)
    area, low, high = auc_interval(labels, scores)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(200):
        index = rng.integers(0, 3_000, 3_000)
        drawn.append(float(Ranking.of(labels[index], scores[index]).metrics(2)["auc"][0]))
    assert area == pytest.approx(roc_auc_score(labels, scores))
    assert high - low == pytest.approx(2 * 1.96 * np.std(drawn), rel=0.2)
    assert low < area < high


def audit(known: np.ndarray, rows: int = 4_000) -> float:
    """The audit's figure for one feature, made of labels by the caller."""
    half = rows // 2
    features, labels = known[:, :1].astype(np.float32), known[:, 1].astype(np.int8)
    train, validation = (Rows(features=features[it], labels=labels[it]) for it in (slice(half), slice(half, None)))
    return single_features(train, validation, ("one",))["one"]


def test_a_feature_that_knows_the_answer_is_found_in_whatever_shape() -> None:
    rng = np.random.default_rng(6)
    labels = (rng.random(4_000) < 0.05).astype(float)
    noise = rng.normal(size=4_000)
    leaks = {
        "itself": labels,
        "with noise": labels + 0.1 * noise,
        "turned round": -labels + 0.1 * noise,
        "in the middle": np.where(labels == 1, 0.0, np.sign(noise) * (1 + np.abs(noise))),
        "missing where it is positive": np.where(labels == 1, np.nan, noise),
        "missing where it is not": np.where(labels == 1, noise, np.nan),
    }
    assert all(audit(np.column_stack([leak, labels])) > 0.97 for leak in leaks.values())
    assert audit(np.column_stack([noise, labels])) == pytest.approx(0.5, abs=0.08)
    assert audit(np.column_stack([np.full(4_000, np.nan), labels])) == 0.5
    assert 0.6 < audit(np.column_stack([noise + labels, labels])) < 0.9


def test_the_distance_of_scores_is_that_of_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.random(500).round(2), rng.beta(2, 3, 700).round(2)
    assert kolmogorov_smirnov(one, other) == pytest.approx(stats.ks_2samp(one, other).statistic)
    assert kolmogorov_smirnov(one, one) == 0
