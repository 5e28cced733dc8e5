"""Aggregates, counts, order statistics, different values and quantiles over ranges, against taking each range."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.window_functions import sketches
from headrace.windows_columnar.columns import MISSING_HASH
from headrace.windows_columnar.distinct import Different
from headrace.windows_columnar.quantiles import Binned, to_bins
from headrace.windows_columnar.ranges import Points, Ranges, timeline
from headrace.windows_columnar.reductions import HIGHEST, LOWEST, MOMENTS, TOTALS, reduce_ranges
from headrace.windows_columnar.selection import count_below, smallest


@st.composite
def ranges(draw, size):
    """Ranges of rows, neither bound ever falling, as windows have them."""
    count = draw(st.integers(1, 10))
    first = sorted(draw(st.lists(st.integers(0, size), min_size=count, max_size=count)))
    last = sorted(draw(st.lists(st.integers(0, size), min_size=count, max_size=count)))
    return Ranges(np.array(first), np.maximum(first, last))


def slices(values, covered):
    return [values[first:last] for first, last in zip(covered.first, covered.last, strict=True)]


@given(st.lists(st.integers(0, 40), max_size=50), st.data())
def test_values_below_a_bound_are_counted_in_every_range(numbers, data):
    values, covered = np.array(numbers, dtype=np.int64), data.draw(ranges(len(numbers)))
    bounds = np.array([data.draw(st.integers(0, 60)) for _ in covered.first])
    expected = [sum(it < bound) for it, bound in zip(slices(values, covered), bounds, strict=True)]
    assert count_below(values, covered, bounds).tolist() == expected


@given(st.lists(st.integers(0, 40), min_size=1, max_size=50), st.data())
def test_the_value_of_a_rank_is_that_of_the_sorted_range(numbers, data):
    values, drawn = np.array(numbers, dtype=np.int64), data.draw(ranges(len(numbers)))
    some = drawn.last > drawn.first
    covered = Ranges(drawn.first[some], drawn.last[some])
    ranks = np.array([data.draw(st.integers(0, length - 1)) for length in covered.last - covered.first], dtype=np.int64)
    expected = [sorted(it)[rank] for it, rank in zip(slices(values, covered), ranks, strict=True)]
    assert smallest(values, covered, ranks).tolist() == expected


def one_entity(hashes, covered, own):
    """A column of one entity's hashes; every range belongs to a point that holds one of its own rows."""
    line = timeline(np.zeros(len(hashes), dtype=np.int64), np.arange(len(hashes)))
    at = Points(np.zeros(len(own), dtype=np.int64), own, own, own, own + 1)
    return Different(hashes, line, at), covered


@given(st.lists(st.integers(-1, 12), min_size=1, max_size=50), st.data())
def test_different_values_are_counted_and_new_ones_found(numbers, data):
    hashes = np.array(numbers, dtype=np.int64)
    covered = data.draw(ranges(len(numbers)))
    own = np.array([data.draw(st.integers(0, len(numbers) - 1)) for _ in covered.first])
    values, covered = one_entity(hashes, covered, own)
    known = [set(it[it != MISSING_HASH].tolist()) for it in slices(hashes, covered)]
    assert values.count(covered).tolist() == [len(it) for it in known]
    expected = [
        np.nan if hashes[row] == MISSING_HASH else float(hashes[row] not in it)
        for row, it in zip(own, known, strict=True)
    ]
    np.testing.assert_array_equal(values.is_new(covered), expected)


@pytest.mark.parametrize("seed", range(3))
def test_beyond_the_exact_limit_the_smallest_hashes_decide_as_in_the_scalar_kernel(seed):
    rng = np.random.default_rng(seed)
    hashes = rng.choice(rng.integers(0, 1 << 32, 900), 3_000)
    last = np.sort(rng.integers(100, 3_000, 60))
    covered = Ranges(np.maximum(0, last - 1_000), last)
    values, covered = one_entity(hashes, covered, np.minimum(last, 2_999))
    kept = [sorted(set(it.tolist()))[: sketches.KEPT] for it in slices(hashes, covered)]
    assert {len(it) > sketches.K for it in kept} == {True, False}
    assert values.count(covered).tolist() == [sketches.distinct(it) for it in kept]
    own = hashes[np.minimum(last, 2_999)].tolist()
    expected = [sketches.is_new(it, value) for it, value in zip(kept, own, strict=True)]
    assert values.is_new(covered).tolist() == expected
    assert 1.0 in expected


@given(st.lists(st.none() | st.floats(-1e9, 1e9) | st.sampled_from([1.0, 2.0, 1e-10]), max_size=60), st.data())
def test_quantiles_are_those_of_the_scalar_kernel(numbers, data):
    values, covered = np.array(numbers, dtype=np.float64), data.draw(ranges(len(numbers)))
    binned = Binned(values)
    for share in (sketches.TENTH, sketches.HALF, sketches.NINE_TENTHS):
        expected = []
        for it in slices(values, covered):
            numbers, counts = np.unique([sketches.bin_of(x) for x in it[~np.isnan(it)]], return_counts=True)
            pairs = list(zip(numbers.tolist(), counts.tolist(), strict=True))
            found = sketches.quantile([(int(number), count) for number, count in pairs], int(counts.sum()), share)
            expected.append(np.nan if found is None else found)
        np.testing.assert_array_equal(binned.quantile(share, covered), expected)


def test_rounding_to_bins_keeps_what_is_missing():
    rounded = to_bins(np.array([np.nan, 0.0, -5.0]))
    np.testing.assert_array_equal(rounded, [np.nan, 0.0, -sketches.representative(sketches.bin_of(5.0))])


@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=40), st.data())
def test_a_reduction_over_any_range_is_numpys(numbers, data):
    values = np.array([np.nan if it is None else it for it in numbers])
    bounds = sorted(data.draw(st.tuples(st.integers(0, len(values)), st.integers(0, len(values)))))
    window = [Ranges(np.array([bounds[0]]), np.array([bounds[1]]))]
    known = values[slice(*bounds)][~np.isnan(values[slice(*bounds)])]
    near = {"rel": 1e-12, "abs": 1e-6}
    counted, total, error = (float(it[0]) for it in reduce_ranges(TOTALS, values, window)[0])
    assert counted == len(known)
    assert abs(total + error - math.fsum(known)) <= math.ulp(math.fsum(known)) + 1e-24 * np.abs(known).sum()
    assert reduce_ranges(LOWEST, values, window)[0][0][0] == known.min(initial=np.inf)
    assert reduce_ranges(HIGHEST, values, window)[0][0][0] == known.max(initial=-np.inf)
    counted, mean, squares = (float(it[0]) for it in reduce_ranges(MOMENTS, values, window)[0])
    assert counted == len(known)
    if len(known):
        assert mean == pytest.approx(known.mean(), **near)
        assert math.sqrt(squares / counted) == pytest.approx(known.std(), **near)
