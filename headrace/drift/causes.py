"""What changed, in words: a unit, a shift, a value that came up, columns that changed places."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from headrace.drift.aligned import Pair
from headrace.drift.column import Column
from headrace.drift.numbers import Numbers
from headrace.drift.summary import Summary

Quantiles = npt.NDArray[np.float64]
_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
_FITS = 0.05
_UNIT = 2.0
_MATTERS = 0.02
_SHOWN = 3
_LONG = 1e12
_MOST_PAIRED = 20


def words(baseline: Column, current: Column, pair: Pair) -> tuple[str, ...]:
    """What happened to a column, the most telling first."""
    if not pair.numeric:
        return tuple(_of_categories(pair))
    return tuple(_of_numbers(baseline.numbers, current.numbers, pair))


def swapped(
    baseline: Summary, current: Summary, drifted: Sequence[str], alike: Callable[[Pair], bool]
) -> Mapping[str, str]:
    """Columns that hold what another one held, each with the other's name.

    Args:
        baseline, current: the tables.
        drifted: columns that changed.
        alike: whether two columns may hold the same.
    """
    found: dict[str, str] = {}
    names = [it for it in drifted if it in baseline.columns and it in current.columns][:_MOST_PAIRED]
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            if one in found or other in found:
                continue
            pairs = (
                Pair.of(baseline.columns[one], current.columns[other]),
                Pair.of(baseline.columns[other], current.columns[one]),
            )
            if all(it is not None and alike(it) for it in pairs):
                found |= {one: other, other: one}
    return found


def _of_numbers(baseline: Numbers, current: Numbers, pair: Pair) -> Iterator[str]:
    before, after = (np.array([it.quantile(share) for share in _SHARES]) for it in (baseline, current))
    moved = _moved(before, after)
    if moved:
        yield moved
    yield from _spikes(pair)
    median, low, high = ((_shown(before[it]), _shown(after[it])) for it in (2, 0, 4))
    yield (
        f"The median went from {median[0]} to {median[1]}, the mean from {_shown(baseline.mean)} to "
        f"{_shown(current.mean)}; eight of ten values were {low[0]} to {high[0]} and are {low[1]} to {high[1]}."
    )


def _shown(value: float) -> str:
    """Four digits, without an exponent where people would write none."""
    short = float(f"{value:.4g}")
    return f"{short:,.0f}" if 1_000 <= abs(short) < _LONG else f"{short:g}"  # noqa: PLR2004 - four digits


def _moved(before: Quantiles, after: Quantiles) -> str:
    """Words for values that all moved by one factor or by one amount, whichever fits; none if neither does."""
    spread = before[3] - before[1]
    with np.errstate(over="ignore", invalid="ignore"):
        amount = float(np.median(after - before))
        factor = float(np.median(after[before != 0] / before[before != 0])) if np.any(before) else 0.0
        misses = [float(np.max(np.abs(after - it))) for it in (before * factor, before + amount)]
    if not spread or not np.isfinite([amount, factor, *misses]).all() or factor <= 0:
        return ""
    if misses[0] <= misses[1] and misses[0] <= _FITS * factor * spread and abs(factor - 1) > _FITS / 3:
        if factor >= _UNIT or factor <= 1 / _UNIT:
            return f"Values are about {factor:.3g} times what they were: has the unit changed?"
        return f"Values are about {abs(factor - 1) * 100:.2g} % {'larger' if factor > 1 else 'smaller'} in size."
    return f"Values moved by about {amount:+.2g}." if misses[1] <= min(_FITS * spread, abs(amount)) else ""


def _spikes(pair: Pair) -> Iterator[str]:
    """Values that alone make a good part of the change."""
    p, q = pair.p / pair.p.sum(), pair.q / pair.q.sum()
    grown = q - p
    around = np.maximum(np.roll(grown, 1), np.roll(grown, -1))
    for place in np.argsort(-grown)[:_SHOWN]:
        if grown[place] > _MATTERS and (len(grown) <= _SHOWN or grown[place] > 2 * max(0.0, around[place])):
            yield f"The value {_shown(pair.values[place])} is now {q[place]:.2%} of all, before {p[place]:.2%}."


def _of_categories(pair: Pair) -> Iterator[str]:
    p, q = pair.p / pair.p.sum(), pair.q / pair.q.sum()
    if not pair.names:
        yield "Too many categories to name them all; which ones are frequent changed."
        return
    for place in np.argsort(-np.abs(q - p), kind="stable")[:_SHOWN]:
        name, was, now = pair.names[place], float(p[place]), float(q[place])
        if not was:
            yield f"{name!r} is new: {now:.2%} of values."
        elif not now:
            yield f"{name!r} is gone: it was {was:.2%} of values."
        elif not math.isclose(was, now, abs_tol=1e-4):
            yield f"{name!r} went from {was:.2%} to {now:.2%} of values."
