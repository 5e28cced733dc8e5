"""Verdicts: what changed is named with its cause, what did not is silent, and many columns do not cry wolf."""

from typing import Any

import numpy as np
import pytest

from headrace.drift import Findings, Settings, compare, noise, summarize
from headrace.drift.significance import Control
from headrace.errors import UseCaseError

ROWS = 20_000
Table = dict[str, np.ndarray[Any, Any]]


def table(seed: int, rows: int = ROWS) -> Table:
    rng = np.random.default_rng(seed)
    return {
        "amount": np.round(rng.gamma(2, 30, rows), 2),
        "balance": rng.normal(500, 40, rows),
        "count": rng.poisson(4, rows),
        "channel": rng.choice(["chip", "online", "phone"], rows, p=[0.6, 0.3, 0.1]).astype(object),
        "note": np.where(rng.random(rows) < 0.5, None, "x"),
        "id": np.arange(rows) + seed * rows,
        "when": np.datetime64("2026-01-01", "s") + rng.integers(0, 86_400, rows) + seed * 86_400,
    }


def found(current: Table, settings: Settings | None = None, *, baseline: Table | None = None) -> Findings:
    return compare(summarize(baseline or table(1)), summarize(current), settings)


def test_an_unchanged_table_has_no_violation() -> None:
    calm = found(table(2))
    assert calm.violations == ()
    assert calm.drifted == ()
    assert calm.magnitude == 0
    assert {it.name for it in calm.columns.values() if it.judged} == {"amount", "balance", "count", "channel", "note"}
    assert calm.columns["id"].words == ("Not compared: its values name rows, nearly all are different.",)
    assert calm.columns["when"].words == ("Not compared: time goes on.",)


def renamed(rows: np.ndarray[Any, Any], channel: str, it: Table) -> np.ndarray[Any, Any]:
    return np.where(rows, channel, it["channel"])


CHANGES: list[tuple[str, str, str, Any]] = [
    ("amount", "baseline_drift_check", "larger in size", lambda it: it["amount"] * 1.1),
    ("amount", "baseline_drift_check", "has the unit changed", lambda it: it["amount"] * 100),
    ("balance", "baseline_drift_check", "moved by about +20", lambda it: it["balance"] + 20),
    ("balance", "baseline_drift_check", "moved by about -10", lambda it: it["balance"] - 10),
    ("count", "baseline_drift_check", "The value 0 is now", lambda it: np.where(np.arange(ROWS) % 10, it["count"], 0)),
    ("count", "completeness_check", "5.0", lambda it: np.where(np.arange(ROWS) % 20, it["count"], np.nan)),
    ("count", "data_type_check", "have a fraction", lambda it: it["count"] + 0.5 * (np.arange(ROWS) % 50 == 0)),
    ("balance", "data_type_check", "infinite", lambda it: np.where(np.arange(ROWS) % 50, it["balance"], np.inf)),
    ("amount", "data_type_check", "texts such as 'a lot'", lambda it: np.full(ROWS, "a lot", dtype=object)),
    ("channel", "data_type_check", "they are numbers", lambda it: np.arange(ROWS) % 3),
    ("channel", "baseline_drift_check", "'phone' went from", lambda it: renamed(it["channel"] == "chip", "phone", it)),
    ("channel", "baseline_drift_check", "'chip' is gone", lambda it: renamed(it["channel"] == "chip", "phone", it)),
    ("channel", "categorical_values_check", "'crypto'", lambda it: renamed(np.arange(ROWS) % 100 == 0, "crypto", it)),
]  # fmt: skip


@pytest.mark.parametrize(("column", "check", "words", "change"), CHANGES)
def test_a_change_is_named_with_its_column_and_cause_and_nothing_else_is(
    column: str, check: str, words: str, change: Any
) -> None:
    current = table(2)
    current[column] = change(current)
    violations = found(current).violations
    assert {it.feature_name for it in violations} == {column}
    assert check in [it.check for it in violations]
    told = " ".join([*(it.description for it in violations), *found(current).columns[column].words])
    assert words in told


def test_columns_that_come_and_go_are_named() -> None:
    current = table(2)
    current["new"] = current.pop("amount")
    assert [(it.feature_name, it.check) for it in found(current).violations] == [
        ("amount", "missing_column_check"),
        ("new", "extra_column_check"),
    ]


def test_columns_that_changed_places_are_named_as_such() -> None:
    current = table(2)
    current["amount"], current["balance"] = current["balance"], current["amount"]
    columns = found(current).columns
    assert "'balance'" in columns["amount"].words[0]
    assert "'amount'" in columns["balance"].words[0]
    assert "changed places" in columns["balance"].words[0]


def test_one_shifted_feature_of_200_is_found_and_the_other_199_are_silent() -> None:
    rng = np.random.default_rng(8)
    before = {f"f{it}": rng.normal(size=5_000) for it in range(200)}
    after = {name: rng.normal(size=5_000) for name in before}
    after["f77"] = after["f77"] + 0.2
    assert found(after, baseline=before).drifted == ("f77",)


def features(rng: np.random.Generator) -> Table:
    numbers = {f"f{it}": rng.random(300) for it in range(180)}
    return numbers | {f"c{it}": rng.choice(np.array(list("abcde"), dtype=object), 300) for it in range(20)}


def test_200_unchanged_features_cry_wolf_in_less_than_the_promised_share_of_runs() -> None:
    rng = np.random.default_rng(9)
    controls: tuple[Control, ...] = ("holm", "benjamini_hochberg", "none")
    alarms = dict.fromkeys(controls, 0)
    runs = 40
    for _ in range(runs):
        pair = summarize(features(rng)), summarize(features(rng))
        for control in controls:
            settings = Settings(false_alarms=0.05, control=control, least_effect=0.0)
            alarms[control] += bool(compare(*pair, settings).drifted)
    assert max(alarms["holm"], alarms["benjamini_hochberg"]) <= 6, "2 are promised; over 6 happen once in 100 times"
    assert alarms["none"] == runs, "without control every run would be an alarm"


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


def test_ignored_columns_are_not_looked_at() -> None:
    current = table(2)
    current["extra"] = current.pop("amount")
    verdict = found(current, Settings(ignore=frozenset({"amount", "extra"})))
    assert verdict.violations == ()
    assert "amount" not in verdict.columns


@pytest.mark.parametrize(
    "values",
    [
        np.full(ROWS, np.nan),
        np.zeros(ROWS),
        np.full(ROWS, np.inf),
        np.full(ROWS, None, dtype=object),
        np.array([f"é{it}" for it in range(ROWS)], dtype=object),
        np.zeros(0),
        np.full(ROWS, 1.7e308),
        np.where(np.arange(ROWS) % 2, 5e-324, -1.7e308),
    ],
    ids=["missing", "zero", "infinite", "none", "unicode ids", "no rows", "huge", "extremes"],
)
def test_hostile_columns_are_judged_without_an_error(values: np.ndarray[Any, Any]) -> None:
    normal = {"a": np.random.default_rng(1).normal(size=ROWS)}
    for before, after in ((normal, {"a": values}), ({"a": values}, normal), ({"a": values}, {"a": values})):
        verdict = found(after, baseline=before)
        assert np.isfinite(verdict.magnitude)
        assert verdict.columns["a"].distance == 0 or verdict.columns["a"].pair is not None
    assert found({"a": values}, baseline={"a": values}).drifted == ()
