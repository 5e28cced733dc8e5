"""Thresholds adapt to rows and columns: many columns do not cry wolf, and what is too small to matter is silent."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from drift_tables import ROWS, Table, found, table

from headrace.drift import Settings, Summary, compare, noise, summarize
from headrace.drift.significance import Control
from headrace.errors import UseCaseError


def test_one_shifted_feature_of_200_is_found_and_the_other_199_are_silent() -> None:
    rng = np.random.default_rng(8)
    before = {f"f{it}": rng.normal(size=5_000) for it in range(200)}
    after = {name: rng.normal(size=5_000) for name in before}
    after["f77"] = after["f77"] + 0.2
    assert found(after, baseline=before).drifted == ("f77",)


def features(rng: np.random.Generator) -> Table:
    """200 features of a quiet week: 180 numbers, some of them missing now and then, and 20 texts."""
    numbers = {f"f{it}": np.where(rng.random(300) < it / 3_000, np.nan, rng.random(300)) for it in range(180)}
    return numbers | {f"c{it}": rng.choice(np.array(list("abcde"), dtype=object), 300) for it in range(20)}


def alarms(weeks: list[Summary], control: Control) -> list[int]:
    """How many columns are named in each week but the first, whatever for, at a chance of 5 %."""
    settings = Settings(false_alarms=0.05, control=control, least_effect=0.0)
    found = [compare(before, after, settings) for before, after in pairwise(weeks)]
    return [len({*it.drifted, *(line.feature_name for line in it.violations)}) for it in found]


def test_200_unchanged_features_cry_wolf_in_less_than_the_promised_share_of_weeks() -> None:
    rng = np.random.default_rng(9)
    weeks = [summarize(features(rng)) for _ in range(41)]
    with_holm = alarms(weeks, "holm")
    assert sum(map(bool, with_holm)) <= 6, "2 of 40 weeks are promised; over 6 happen once in 300 times"
    assert sum(map(bool, alarms(weeks[:11], "benjamini_hochberg"))) <= 3
    without = alarms(weeks[:11], "none")
    assert min(without) > 0, "without control every week would be an alarm"
    assert sum(without) > 50, "and some nine columns would be named in each"


def test_many_rare_categories_of_few_rows_are_no_drift() -> None:
    rng = np.random.default_rng(4)
    names = np.array([f"shop-{it}" for it in range(150)], dtype=object)
    tables = [{f"c{it}": rng.choice(names, 200) for it in range(20)} for _ in range(10)]
    verdicts = [found(after, baseline=before) for before, after in pairwise(tables)]
    assert [it.drifted for it in verdicts] == [()] * 9
    assert max(it.distance for it in verdicts[0].columns.values()) > 0.02, "an effect would be large enough"


def test_what_a_short_baseline_missed_by_chance_is_no_violation() -> None:
    rng = np.random.default_rng(5)
    shares = np.array([0.6, *[0.02] * 20])
    names = np.array([f"shop-{it}" for it in range(21)], dtype=object)
    verdicts = []
    for _ in range(20):
        before, after = ({f"c{it}": rng.choice(names, 200, p=shares) for it in range(10)} for _ in range(2))
        for side in (before, after):
            side["note"] = np.where(rng.random(200) < 0.02, None, "x")
        verdicts.append(found(after, baseline=before))
    assert [it.violations for it in verdicts] == [()] * 20


def test_an_effect_too_small_to_matter_is_no_drift_however_significant() -> None:
    rng = np.random.default_rng(3)
    before, after = {"a": rng.normal(size=400_000)}, {"a": rng.normal(0.03, 1, 400_000)}
    verdict = found(after, baseline=before).columns["a"]
    assert verdict.p_value < 1e-9
    assert not verdict.drifted
    assert found(after, Settings(least_effect=0.005), baseline=before).columns["a"].drifted
    assert found(after, Settings(effects={"a": 0.005}), baseline=before).columns["a"].drifted


def test_few_rows_need_a_larger_distance() -> None:
    few, many = (found(table(2, rows)).columns["amount"].threshold for rows in (300, ROWS))
    assert many == 0.02
    assert few > 0.08
    current = table(2, 300)
    current["amount"] = current["amount"] * 2
    assert found(current).drifted == ("amount",)


def test_too_few_rows_are_not_judged() -> None:
    current = table(2, 199)
    current["amount"] = current["amount"] * 9
    verdict = found(current)
    assert verdict.violations == ()
    assert verdict.columns["amount"].words == ("Not judged: 199 values are fewer than 200.",)


def test_the_threshold_is_where_drift_begins() -> None:
    for step in np.linspace(0.0, 0.1, 30):
        current = table(2, 2_000)
        current["amount"] = current["amount"] * (1 + step)
        for it in found(current).columns.values():
            assert it.drifted == (it.judged and it.distance > it.threshold)
            assert not it.drifted or it.p_value <= 0.01


def test_a_column_that_moves_when_all_is_quiet_needs_to_move_further() -> None:
    weeks = [summarize({"a": np.random.default_rng(it).normal(0.2 * (it % 2), 1, 5_000)}) for it in range(4)]
    restless = noise(weeks)
    assert 0.05 < restless["a"] < 0.11
    assert compare(weeks[0], weeks[1]).drifted == ("a",)
    assert compare(weeks[0], weeks[1], Settings(noise=restless)).drifted == ()


def test_rare_new_texts_are_expected_where_the_baseline_met_many_only_once() -> None:
    rng = np.random.default_rng(6)
    cities = np.array([f"city-{it}" for it in range(700)], dtype=object)
    before, after = ({"city": cities[np.minimum(rng.zipf(1.7, 8_000), 700) - 1]} for _ in range(2))
    assert found(after, baseline=before).violations == ()


@pytest.mark.parametrize("measure", ["psi", "jensen_shannon", "wasserstein", "linf_robust"])
def test_other_measures_are_held_against_a_fixed_threshold(measure: Any) -> None:
    current = table(2)
    current["amount"] = current["amount"] * 2
    verdict = found(current, Settings(numeric=measure, numeric_threshold=0.1)).columns
    assert verdict["amount"].drifted
    assert not verdict["balance"].drifted
    assert verdict["amount"].measure == measure


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"numeric": "psi"}, "numeric_threshold: is needed with psi"),
        ({"categorical": "wasserstein", "categorical_threshold": 1.0}, "is for numbers"),
        ({"numeric": "chi_squared", "numeric_threshold": 1.0}, "is for categories"),
        ({"false_alarms": 0.0}, "false_alarms"),
        ({"least_effect": 1.5}, "least_effect"),
        ({"minimum_rows": 0}, "minimum_rows"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UseCaseError, match=words):
        Settings(**options)


def test_a_column_that_was_empty_in_a_quiet_window_has_no_noise() -> None:
    weeks = [{"a": np.full(ROWS, np.nan), "b": np.zeros(ROWS)}, {"a": np.zeros(ROWS), "b": np.zeros(ROWS)}]
    assert noise([summarize(it) for it in weeks]) == {"b": 0.0}
