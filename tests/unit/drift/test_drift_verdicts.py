"""Verdicts: what changed is named with its column and cause, what did not is silent."""

from typing import Any

import numpy as np
import pytest
from drift_tables import ROWS, Table, found, table

from headrace.drift import Settings


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


def test_columns_of_few_rows_that_changed_places_are_called_so() -> None:
    before, after = table(1, 800), table(2, 800)
    after["amount"], after["balance"] = after["balance"], after["amount"]
    columns = found(after, baseline=before).columns
    assert columns["amount"].words[0] == "It holds what 'balance' held: have the two columns changed places?"
    assert "'amount'" in columns["balance"].words[0]


def test_columns_that_went_round_are_not_called_swapped() -> None:
    before, after = table(1), table(2)
    before["other"], after["other"] = before["amount"] + 900, after["amount"]
    after["amount"], after["balance"] = after["balance"], after["amount"] + 900
    words = {name: it.words[0] for name, it in found(after, baseline=before).columns.items() if it.drifted}
    assert words.keys() == {"amount", "balance", "other"}
    assert not any("changed places" in it for it in words.values())


def test_two_pairs_may_change_places_at_once() -> None:
    before, after = table(1), table(2)
    for it in (before, after):
        it["third"], it["fourth"] = it["amount"] + 5_000, it["balance"] + 5_000
    for one, other in (("amount", "balance"), ("third", "fourth")):
        after[one], after[other] = after[other], after[one]
    columns = found(after, baseline=before).columns
    for one, other in (("amount", "balance"), ("third", "fourth"), ("balance", "amount"), ("fourth", "third")):
        assert f"'{other}'" in columns[one].words[0]


def test_half_of_many_categories_are_missed_though_each_was_rare() -> None:
    rng = np.random.default_rng(2)
    names = np.array([f"product-{it}" for it in range(400)], dtype=object)
    before, quiet, after = ({"product": rng.choice(it, ROWS)} for it in (names, names, names[:200]))
    verdict = found(after, baseline=before).columns["product"]
    assert (verdict.drifted, verdict.measure) == (True, "turnover")
    assert verdict.distance == pytest.approx(0.5, abs=0.02)
    assert verdict.measures["linf_simple"] < 0.02
    still = found(quiet, baseline=before).columns["product"]
    assert not still.drifted
    assert still.measures["turnover"] < 0.03, "what is left of 400 categories' noise"


def test_a_drift_among_too_many_categories_to_name_is_still_found() -> None:
    rng = np.random.default_rng(2)
    shops = np.array([f"shop-{it}" for it in rng.integers(0, 6_000, 2 * ROWS)], dtype=object)
    after = np.where(rng.random(ROWS) < 0.1, "shop-1", shops[ROWS:])
    verdict = found({"shop": after}, baseline={"shop": shops[:ROWS]})
    assert verdict.drifted == ("shop",)
    assert "Too many categories" in verdict.columns["shop"].words[0]


def test_fifteen_categories_that_become_eighteen_and_a_mean_that_triples_are_both_named() -> None:
    rng = np.random.default_rng(2)
    before = {"kind": rng.integers(0, 15, 5_000).astype(str).astype(object), "amount": rng.gamma(4, 125.5 / 4, 5_000)}
    after = {"kind": rng.integers(0, 18, 5_000).astype(str).astype(object), "amount": rng.gamma(4, 450.3 / 4, 5_000)}
    verdict = found(after, baseline=before)
    assert {(it.feature_name, it.check) for it in verdict.violations} == {
        ("kind", "categorical_values_check"), ("kind", "baseline_drift_check"), ("amount", "baseline_drift_check"),
    }  # fmt: skip
    assert verdict.magnitude > 0.3
    assert "3 new categories" in next(it.description for it in verdict.of("kind") if it.check.startswith("cat"))
