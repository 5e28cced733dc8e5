"""Features over events from the ranges that they cover. The columnar twin of ``headrace.windows.aggregates``."""

from collections.abc import Callable, Sequence

import numpy as np

from headrace.usecase import WindowFeature, WindowFunction
from headrace.windows.readings import ROUNDING
from headrace.windows.sketches import QUANTILES
from headrace.windows_columnar.columns import Floats
from headrace.windows_columnar.distinct import Different
from headrace.windows_columnar.quantiles import Binned
from headrace.windows_columnar.ranges import Points, Ranges, event_ranges
from headrace.windows_columnar.recency import ages, newest
from headrace.windows_columnar.reductions import HIGHEST, LOWEST, MOMENTS, TOTALS, Parts, Reduction, reduce_ranges
from headrace.windows_columnar.rows import Rows

Columns = dict[str, Floats]


def _divided(total: Floats, counted: Floats) -> Floats:
    return np.divide(total, counted, out=np.full_like(total, np.nan), where=counted > 0)


def _deviation(parts: Parts) -> Floats:
    counted, mean, squares = parts
    deviation = np.sqrt(_divided(squares, counted))
    return np.where(deviation <= ROUNDING * np.abs(mean), 0.0, deviation)


REDUCED: dict[WindowFunction, tuple[Reduction, Callable[[Parts], Floats]]] = {
    "sum": (TOTALS, lambda parts: parts[1] + parts[2]),
    "mean": (TOTALS, lambda parts: _divided(parts[1] + parts[2], parts[0])),
    "min": (LOWEST, lambda parts: parts[0]),
    "max": (HIGHEST, lambda parts: parts[0]),
    "std": (MOMENTS, _deviation),
}
"""Per function of numbers the aggregate that it needs, and its value by the aggregate's parts."""


def event_features(features: Sequence[WindowFeature], rows: Rows, at: Points) -> Columns:
    """Compute features over the events of one entity kind.

    Args:
        features: those over events.
        rows: the events.
        at: the points to evaluate at.

    Returns:
        Per feature one value per point, NaN where the window holds no value, or the result is not finite, and the
        feature names no fill.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        columns = _computed(features, rows, at)
    return {it.name: _filled(it, columns[it.name]) for it in features}


def _computed(features: Sequence[WindowFeature], rows: Rows, at: Points) -> Columns:
    ranges = _ranges(features, rows, at)
    columns: Columns = {}
    together: dict[tuple[str, int], list[WindowFeature]] = {}
    sketched: dict[tuple[str, str], list[WindowFeature]] = {}
    for it in features:
        covered = ranges[it.name]
        if it.over is None:
            lengths = covered.last - covered.first
            columns[it.name] = lengths.astype(float) if it.function == "count" else ages(it, covered, rows.line, at)
        elif it.function == "last":
            columns[it.name] = newest(rows.floats(it.over), covered, rows.line)
        elif it.function in REDUCED:
            together.setdefault((it.over, id(REDUCED[it.function][0])), []).append(it)
        else:
            sketched.setdefault((it.over, "quantiles" if it.function in QUANTILES else "different"), []).append(it)
    for users in together.values():
        columns |= _reduced(users, rows, ranges)
    for (_, kind), users in sketched.items():
        columns |= (_quantiles if kind == "quantiles" else _different)(users, rows, ranges, at)
    return columns


def _ranges(features: Sequence[WindowFeature], rows: Rows, at: Points) -> dict[str, Ranges]:
    """The range that each feature covers; features of one window share it."""
    shared: dict[tuple[object, ...], Ranges] = {}
    found: dict[str, Ranges] = {}
    for it in features:
        window = (it.length_s, it.delay_s, it.resolution_s, it.current)
        if window not in shared:
            shared[window] = event_ranges(rows.keys, at, it)
        found[it.name] = shared[window]
    return found


def _reduced(users: Sequence[WindowFeature], rows: Rows, ranges: dict[str, Ranges]) -> Columns:
    """Features of one column that come from one reduction."""
    reduction = REDUCED[users[0].function][0]
    values = rows.floats(str(users[0].over))
    reduced = reduce_ranges(reduction, values, [ranges[it.name] for it in users])
    return {it.name: REDUCED[it.function][1](parts) for it, parts in zip(users, reduced, strict=True)}


def _quantiles(users: Sequence[WindowFeature], rows: Rows, ranges: dict[str, Ranges], _: Points) -> Columns:
    binned = Binned(rows.floats(str(users[0].over)))
    return {it.name: binned.quantile(it.function, ranges[it.name]) for it in users}


def _different(users: Sequence[WindowFeature], rows: Rows, ranges: dict[str, Ranges], at: Points) -> Columns:
    values = Different(rows.hashes(str(users[0].over)), rows.line, at)
    return {it.name: (values.is_new if it.function == "is_new" else values.count)(ranges[it.name]) for it in users}


def _filled(feature: WindowFeature, values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan if feature.fill is None else feature.fill)
