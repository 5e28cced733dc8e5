"""Features over events from the ranges that they cover. The columnar twin of ``headrace.windows.evaluation``."""

from collections.abc import Sequence

import numpy as np

from headrace.usecase import WindowFeature
from headrace.windows_columnar.columns import Floats
from headrace.windows_columnar.functions import COLUMNAR
from headrace.windows_columnar.functions.function import Look
from headrace.windows_columnar.ranges import Points, Ranges, event_ranges
from headrace.windows_columnar.rows import Rows

Columns = dict[str, Floats]


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
    """Features of one field and look are computed together."""
    ranges, columns = _ranges(features, rows, at), Columns()
    together: dict[tuple[str | None, Look], list[WindowFeature]] = {}
    for it in features:
        together.setdefault((it.over, COLUMNAR[it.function].look), []).append(it)
    for (over, look), users in together.items():
        findings = look(rows, at, over, [ranges[it.name] for it in users])
        columns |= {it.name: COLUMNAR[it.function].value(found) for it, found in zip(users, findings, strict=True)}
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


def _filled(feature: WindowFeature, values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan if feature.fill is None else feature.fill)
