"""Summaries: parts merge to what one pass gives, in bounded memory; hostile columns are counted for what they are."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.drift import Column, Summary, merged, summarize
from headrace.drift.distinct import K
from headrace.drift.numbers import BINS, Numbers
from headrace.drift.texts import CATEGORIES, FREQUENT, Texts
from headrace.errors import RejectedError

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def same(one: Numbers, other: Numbers) -> None:
    """Equal to the bit in all that is counted; means may differ in the last digit."""
    assert (one.count, one.shift, one.minimum, one.maximum) == (other.count, other.shift, other.minimum, other.maximum)
    assert np.array_equal(one.keys, other.keys)
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.distinct.smallest, other.distinct.smallest)


@given(st.lists(FLOATS, min_size=1, max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_parts_of_any_numbers_merge_to_one_pass(values: list[float], cuts: list[int]) -> None:
    parts = np.split(np.array(values), sorted(cuts))
    whole = Numbers()
    for part in parts:
        whole = whole.merge(Numbers.of(part))
    same(whole, Numbers.of(np.array(values)))


@pytest.mark.parametrize("shards", [2, 7, 40])
def test_more_values_than_bins_merge_to_one_pass_in_any_order(shards: int) -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(size=30_000), rng.gamma(2, 1e6, 30_000), np.zeros(10_000), -rng.random(99)])
    parts = [Numbers.of(it) for it in np.array_split(rng.permutation(values), shards)]
    forth = back = Numbers()
    for part in parts:
        forth = forth.merge(part)
    for part in reversed(parts):
        back = part.merge(back)
    whole = Numbers.of(values)
    same(forth, whole)
    same(back, whole)
    assert forth.mean == pytest.approx(values.mean(), rel=1e-12)
    assert forth.std == pytest.approx(values.std(), rel=1e-12)
    assert len(whole.keys) <= BINS


@given(st.lists(FLOATS, min_size=1, max_size=300))
def test_few_values_are_kept_exactly(values: list[float]) -> None:
    found = Numbers.of(np.array(values))
    expected = Counter(it + 0.0 for it in values)
    assert found.shift == 0
    assert dict(zip(found.values.tolist(), found.counts.tolist(), strict=True)) == expected
    assert found.distinct.count == len(expected)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(1).gamma(2, 10, 100_000),
        np.random.default_rng(1).normal(size=100_000),
        1.7e9 + np.arange(100_000.0),
        np.exp(np.random.default_rng(1).normal(0, 40, 100_000)),
    ],
)
def test_ranks_are_no_further_off_than_the_summary_says(values: np.ndarray) -> None:
    found = Numbers.of(values)
    assert found.coarseness < 0.004
    for share in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert np.mean(values <= found.quantile(share)) == pytest.approx(share, abs=found.coarseness + 1e-5)


def test_a_repeated_value_counts_as_often_as_it_is_given() -> None:
    same(Numbers.of(np.array([3.0, 1.0]), np.array([2, 5])), Numbers.of(np.array([1.0] * 5 + [3.0] * 2)))


def test_distinct_values_are_exact_while_few_and_within_a_tenth_when_many() -> None:
    assert Numbers.of(np.arange(float(K))).distinct.count == K
    many = Numbers.of(np.arange(50_000.0)).merge(Numbers.of(np.arange(40_000.0, 100_000.0)))
    assert not many.distinct.exact
    assert many.distinct.count == pytest.approx(100_000, rel=0.1)
    texts = Texts.of(Counter(f"user-{it}" for it in range(60_000)))
    assert texts.distinct.count == pytest.approx(60_000, rel=0.1)


def words(rows: int, kinds: int, seed: int) -> list[str]:
    return [f"kind-{it}" for it in np.random.default_rng(seed).integers(0, kinds, rows)]


@pytest.mark.parametrize("kinds", [50, 100_000])
def test_parts_of_texts_merge_to_one_pass(kinds: int) -> None:
    texts = words(30_000, kinds, 5)
    whole = Texts.of(Counter(texts))
    parts = Texts()
    for start in range(0, len(texts), 1_000):
        parts = parts.merge(Texts.of(Counter(texts[start : start + 1_000])))
    assert parts.count == whole.count
    assert np.array_equal(parts.hashed(), whole.hashed())
    assert np.array_equal(parts.distinct.smallest, whole.distinct.smallest)
    assert parts.exact == whole.exact == (kinds < CATEGORIES)
    if whole.exact:
        assert parts.named == whole.named


def test_too_many_categories_take_bounded_room_and_keep_the_frequent_ones() -> None:
    texts = [*(f"id-{it}" for it in range(30_000)), *["often"] * 5_000]
    counts = Counter(np.random.default_rng(2).permutation(texts).tolist())
    found = Texts.of(counts)
    assert len(found.named) <= FREQUENT
    name, least = found.ranked()[0]
    assert name == "often"
    assert counts["often"] - len(texts) / FREQUENT <= least <= counts["often"]


def test_long_texts_are_cut_and_stay_different() -> None:
    found = Texts.of({"é" * 5_000: 1, "é" * 4_999 + "f": 2})
    assert len(found.named) == 2
    assert all(len(it) < 250 for it in found.named)


@pytest.mark.parametrize(
    ("values", "kind", "inferred", "missing"),
    [
        (np.array([1.0, 2.0, np.nan]), "number", "Integral", 1),
        (np.array([1.5, 2.0]), "number", "Fractional", 0),
        (np.array([True, False]), "number", "Integral", 0),
        (np.array([2**63, 5], dtype=np.uint64), "number", "Integral", 0),
        (np.full(3, np.nan), "empty", "Unknown", 3),
        (np.array([], dtype=np.float64), "empty", "Unknown", 0),
        (np.array([None, "a", "ü", "a"], dtype=object), "text", "String", 1),
        (np.array(["a", "b"]), "text", "String", 0),
        (np.array([np.inf, -np.inf, 1.0]), "number", "Fractional", 0),
        (np.array(["2026-01-01", "NaT"], dtype="datetime64[us]"), "time", "Integral", 1),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), "time", "Integral", 0),
        (np.array([1, "a", "b", None, 10**400, {"x": 1}], dtype=object), "text", "String", 1),
    ],
)
def test_a_column_is_what_most_of_its_values_are(
    values: np.ndarray[Any, Any], kind: str, inferred: str, missing: int
) -> None:
    found = Column.of(values)
    assert (found.kind, found.inferred_type, found.missing, found.rows) == (kind, inferred, missing, len(values))


def test_a_time_is_counted_in_epoch_seconds() -> None:
    found = Column.of(np.array(["1970-01-02", "1970-01-03T00:00:00.5"], dtype="datetime64[ns]"))
    assert found.numbers.values.tolist() == [86_400, 172_800.5]


def test_columns_that_name_rows_are_known_by_their_values() -> None:
    rows = np.arange(20_000)
    assert Column.of(rows).identifies
    assert Column.of(np.array([f"tx-{it}" for it in rows], dtype=object)).identifies
    assert not Column.of(rows // 10).identifies
    assert not Column.of(np.random.default_rng(1).random(20_000)).identifies, "fractions measure, they do not name"


def test_a_column_that_a_part_lacks_is_missing_in_all_its_rows() -> None:
    found = merged([summarize({"a": np.ones(3)}), summarize({"a": np.ones(2), "b": np.ones(2)})])
    assert found.rows == 5
    assert found.columns["b"].completeness == 0.4
    assert merged([]).rows == 0
    assert found.only(["b", "c"]).columns.keys() == {"b"}
    assert Summary().merge(found).columns.keys() == {"a", "b"}


def test_columns_of_a_table_are_equally_long() -> None:
    with pytest.raises(RejectedError, match="same length"):
        summarize({"a": np.ones(3), "b": np.ones(2)})
