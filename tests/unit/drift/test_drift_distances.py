"""Every distance against scipy or a table worked out by hand; significance against scipy's distributions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import spatial, stats

from headrace.drift import distances, significance
from headrace.drift.aligned import Pair
from headrace.drift.column import Column
from headrace.drift.measures import measured

P, Q = np.array([60, 30, 10]), np.array([30, 30, 40])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (distances.kolmogorov_smirnov(P, Q), 0.3),  # cumulative .6 .9 1 and .3 .6 1
        (distances.linf_simple(P, Q), 0.3),
        (distances.linf_categories(P, Q), 0.3),  # .6 .3 .1 and .3 .3 .4
        (distances.linf_robust(0.3, 100, 100), 0.3 - 1.8 * math.sqrt(0.02)),
        (distances.linf_robust(0.1, 100, 100), 0.0),
        (distances.stability_index(P, Q), -0.3 * math.log(0.5) + 0.3 * math.log(4)),
        (distances.chi_squared(P, Q)[0], 15**2 / 45 * 2 + 15**2 / 25 * 2),
        (distances.wasserstein(P, Q, np.array([0.0, 1.0, 3.0])), 0.3 * 1 + 0.3 * 2),
    ],
)
def test_a_distance_is_what_the_formula_gives_by_hand(found: float, expected: float) -> None:
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_stability_index_of_an_empty_bin_is_finite() -> None:
    found = distances.stability_index(np.array([50, 50]), np.array([100, 0]))
    assert found == pytest.approx(0.5 * math.log(2) + (1e-4 - 0.5) * math.log(1e-4 / 0.5))


COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12).filter(
    # scipy divides by zero where both sides have one value.
    lambda rows: all(sum(it[side] for it in rows) for side in (0, 1)) and sum(map(sum, rows)) > 2
)


@given(COUNTS)
def test_distances_of_counts_are_scipys(rows: list[tuple[int, int]]) -> None:
    p, q = (np.array([it[side] for it in rows]) for side in (0, 1))
    values = np.arange(len(p)) ** 2.0
    samples = np.repeat(values, p), np.repeat(values, q)
    assert distances.jensen_shannon(p, q) == pytest.approx(spatial.distance.jensenshannon(p, q, base=2), abs=1e-7)
    assert distances.wasserstein(p, q, values) == pytest.approx(stats.wasserstein_distance(*samples), abs=1e-9)
    assert distances.kolmogorov_smirnov(p, q) == pytest.approx(stats.ks_2samp(*samples, method="asymp").statistic)


def test_chi_squared_is_scipys_where_every_category_is_frequent() -> None:
    p, q = np.array([500, 300, 90, 40]), np.array([420, 330, 70, 60])
    expected = stats.chi2_contingency(np.array([p, q]), correction=False)
    statistic, freedom = distances.chi_squared(p, q)
    assert (statistic, freedom) == (pytest.approx(expected.statistic), expected.dof)
    assert significance.chi_squared_p(statistic, freedom) == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("seen", [7, 9, 12, 15])
def test_a_category_of_a_few_rows_is_no_more_evidence_than_the_exact_tail(seen: int) -> None:
    p, q = np.array([98_500, 1_500]), np.array([200 - seen, seen])
    exact = stats.binom.sf(seen - 1, 200, 0.015)
    assert significance.chi_squared_p(*distances.evidence(p, q)) == pytest.approx(exact, rel=0.5)
    assert significance.chi_squared_p(*distances.chi_squared(p, q)) < exact


def test_turnover_is_total_variation_without_the_noise_of_many_categories() -> None:
    statistic, freedom = distances.chi_squared(P, Q)
    assert distances.turnover(P, Q) == pytest.approx(0.3 * math.sqrt(1 - freedom / statistic))
    assert distances.turnover(P, 3 * P) == 0.0
    rng = np.random.default_rng(1)
    one, other = (rng.multinomial(20_000, np.full(500, 1 / 500)) for _ in range(2))
    assert np.abs(one - other).sum() / 40_000 > 0.08
    assert distances.turnover(one, other) < 0.03


def test_chi_squared_takes_rare_categories_together() -> None:
    p, q = np.array([500, 500, 2, 1, 0]), np.array([500, 500, 0, 0, 3])
    merged = stats.chi2_contingency(np.array([[500, 500, 3], [500, 500, 3]]), correction=False)
    assert distances.chi_squared(p, q) == (pytest.approx(merged.statistic, abs=1e-12), merged.dof)
    assert distances.chi_squared(np.array([5, 0]), np.array([5, 0])) == (0.0, 0)


@pytest.mark.parametrize("freedom", [1, 2, 7, 40, 500, 4_095])
@pytest.mark.parametrize("p", [0.9, 0.5, 0.05, 1e-4, 1e-9])
def test_the_tail_of_chi_squared_is_scipys(freedom: int, p: float) -> None:
    statistic = float(stats.chi2.isf(p, freedom))
    assert significance.chi_squared_p(statistic, freedom) == pytest.approx(p, rel=1e-6)
    assert significance.chi_squared_bound(p, freedom) == pytest.approx(statistic, rel=1e-6)


def test_nothing_observed_is_no_evidence() -> None:
    assert significance.chi_squared_p(0.0, 5) == significance.chi_squared_p(3.0, 0) == 1.0


@pytest.mark.parametrize(("n", "m"), [(1_000, 1_000), (300, 5_000), (70_000, 66_000)])
@pytest.mark.parametrize("p", [0.05, 0.001, 1e-6])
def test_smirnovs_tail_is_scipys(n: int, m: int, p: float) -> None:
    distance = significance.smirnov_distance(p, n, m)
    assert significance.smirnov_p(distance, n, m) == pytest.approx(p)
    assert stats.kstwobign.sf(distance * math.sqrt(n * m / (n + m))) == pytest.approx(p, rel=0.01)


def test_a_distance_of_nothing_is_certain() -> None:
    assert significance.smirnov_p(0.0, 100, 100) == 1.0


def test_holm_and_benjamini_hochberg_adjust_as_published() -> None:
    found = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}
    assert significance.adjusted(found, "holm") == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    expected = stats.false_discovery_control(list(found.values()), method="bh")
    assert list(significance.adjusted(found, "benjamini_hochberg").values()) == pytest.approx(expected)
    assert significance.adjusted(found, "none") == found
    assert significance.adjusted({}, "holm") == {}


def test_summaries_of_large_samples_keep_their_distances() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.gamma(2, 10, 40_000), rng.gamma(2.1, 10, 50_000)
    pair = Pair.of(Column.of(one), Column.of(other))
    assert pair is not None
    exact = stats.ks_2samp(one, other, method="asymp").statistic
    measures = measured(pair)
    assert measures["kolmogorov_smirnov"] == pytest.approx(exact, abs=5e-4)
    assert measures["kolmogorov_smirnov"] <= exact + 1e-12, "bins can only hide differences"
    moved = stats.wasserstein_distance(one, other) / one.std()
    assert measures["wasserstein"] == pytest.approx(moved, rel=1e-3)


def test_the_stability_index_is_taken_over_the_baselines_tenths() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=20_000), rng.normal(0.3, 1, 20_000)
    pair = Pair.of(Column.of(one), Column.of(other))
    assert pair is not None
    edges = [-np.inf, *np.quantile(one, np.linspace(0.1, 0.9, 9)), np.inf]
    p, q = np.histogram(one, edges)[0], np.histogram(other, edges)[0]
    expected = np.sum((q - p) / 20_000 * np.log(q / p))
    assert measured(pair)["psi"] == pytest.approx(expected, rel=0.02)


def test_texts_beyond_counting_are_compared_by_their_hashes_and_never_seem_further_apart() -> None:
    rng = np.random.default_rng(4)
    one = np.array([f"user-{it}" for it in rng.integers(0, 30_000, 40_000)], dtype=object)
    other = np.where(rng.random(40_000) < 0.08, "bot", one)
    pair = Pair.of(Column.of(one), Column.of(other))
    assert pair is not None
    assert not pair.names
    assert 0.075 < pair.largest_gap < 0.081


def test_columns_of_different_kinds_have_no_distance() -> None:
    assert Pair.of(Column.of(np.ones(3)), Column.of(np.array(["a"], dtype=object))) is None
    assert Pair.of(Column.of(np.full(3, np.nan)), Column.of(np.ones(3))) is None
