"""Parts of a table, however it is cut and in whatever order they come, give every statistic that one pass gives."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.drift import Column, Settings, Summary, compare, documents, merged, summarize

SMALL = Settings(minimum_rows=1)
CELLS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "float": (np.float64, st.floats()),
    "price": (np.float64, st.sampled_from([0.0, -0.0, 9.99, 19.99, np.nan])),
    "count": (np.int64, st.integers(-(2**40), 2**40)),
    "flag": (np.bool_, st.booleans()),
    "text": (object, st.sampled_from(["a", "b", "ü", None]) | st.text(max_size=3)),
    "mixed": (object, st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=2), st.booleans())),
    "time": ("datetime64[ms]", st.integers(0, 2**41) | st.just(np.datetime64("NaT", "ms"))),
}
ROWS = st.lists(st.tuples(*(strategy for _, strategy in CELLS.values())), min_size=2, max_size=60)


def table(rows: list[tuple[Any, ...]]) -> dict[str, np.ndarray[Any, Any]]:
    found = {}
    for place, (name, (kind, _)) in enumerate(CELLS.items()):
        values = np.empty(len(rows), dtype=kind)
        values[:] = [row[place] for row in rows]
        found[name] = values
    return found


def shards(columns: dict[str, np.ndarray[Any, Any]], cuts: list[int], order: Any) -> list[Summary]:
    """Summaries of the parts between cuts, shuffled."""
    edges = [0, *sorted(cuts), len(next(iter(columns.values())))]
    parts = [summarize({name: it[one:other] for name, it in columns.items()}) for one, other in pairwise(edges)]
    order.shuffle(parts)
    return parts


def counts(column: Column) -> tuple[Any, ...]:
    """All that is counted; equal to the bit."""
    numbers, texts = column.numbers, column.texts
    return (
        (column.rows, column.missing, column.integral, column.infinite, column.moments),
        (
            numbers.count,
            numbers.shift,
            numbers.minimum,
            numbers.maximum,
            numbers.keys.tolist(),
            numbers.counts.tolist(),
        ),
        (texts.count, dict(texts.named), texts.hashed().tolist()),
        (numbers.distinct.smallest.tolist(), texts.distinct.smallest.tolist()),
        (column.kind, column.inferred_type, column.completeness, column.identifies),
    )


def close(one: Any, other: Any) -> None:
    """The same document; sums of floating-point numbers may differ in their last digits."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            close(one[name], other[name])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            close(left, right)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9, nan_ok=True)
    else:
        assert one == other


@given(ROWS, st.lists(st.integers(0, 60), max_size=6), st.randoms(use_true_random=False))
def test_shards_of_a_table_are_counted_as_one_pass_counts_it(
    rows: list[tuple[Any, ...]], cuts: list[int], order: Any
) -> None:
    columns = table(rows)
    whole, parts = summarize(columns), merged(shards(columns, [min(it, len(rows)) for it in cuts], order))
    assert parts.rows == whole.rows
    for name, column in whole.columns.items():
        assert counts(parts.columns[name]) == counts(column), name


@pytest.mark.parametrize("shape", [2, 3, 17])
def test_shards_of_both_tables_give_every_distance_threshold_and_document(shape: int) -> None:
    rng = np.random.default_rng(shape)
    before, after = (mixture(rng, growth) for growth in (1.0, 1.2))
    once = compare(summarize(before), summarize(after), SMALL)
    cuts = sorted(rng.integers(0, len(before["amount"]), shape).tolist())
    mixed = [merged(shards(it, cuts, np.random.default_rng(shape))) for it in (before, after)]
    parts = compare(*mixed, SMALL)
    assert (parts.drifted, parts.rows) == (once.drifted, once.rows)
    assert parts.drifted, "or nothing was put to the test"
    assert parts.violations == once.violations
    for name, finding in once.columns.items():
        close(dict(parts.columns[name].measures), dict(finding.measures))
        figures = ("distance", "threshold", "p_value", "judged", "words")
        for it in figures:
            close(getattr(parts.columns[name], it), getattr(finding, it))
    for render in (documents.statistics, documents.constraints):
        close(render(mixed[1]), render(summarize(after)))


def mixture(rng: np.random.Generator, growth: float) -> dict[str, np.ndarray[Any, Any]]:
    """More values than there are bins, gaps, and few and many categories."""
    rows = 20_000
    amount = rng.gamma(2, 30 * growth, rows)
    amount[rng.random(rows) < 0.03] = np.nan
    return {
        "amount": amount,
        "balance": rng.normal(0, 1e6, rows),
        "count": rng.poisson(4, rows),
        "channel": rng.choice(np.array(["chip", "online", None], dtype=object), rows),
        "city": rng.choice(np.array([f"city-{it}" for it in range(900)], dtype=object), rows),
    }
