"""Window features of one source from the ranges they cover. The columnar twin of ``headrace.windows.aggregates``."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from headrace.usecase import WindowFeature, WindowFunction
from headrace.windows_columnar.reductions import (
    HIGHEST,
    LOWEST,
    MOMENTS,
    TOTALS,
    Parts,
    Ranges,
    Reduction,
    reduce_ranges,
)
from headrace.windows_columnar.tables import Floats

Columns = dict[str, Floats]


def _divided(total: Floats, counted: Floats) -> Floats:
    return np.divide(total, counted, out=np.full_like(total, np.nan), where=counted > 0)


def _finite(values: Floats) -> Floats:
    return np.where(np.isinf(values), np.nan, values)


_FUNCTIONS: dict[WindowFunction, tuple[Reduction, Callable[[Parts], Floats]]] = {
    "sum": (TOTALS, lambda parts: parts[1]),
    "mean": (TOTALS, lambda parts: _divided(parts[1], parts[0])),
    "min": (LOWEST, lambda parts: _finite(parts[0])),
    "max": (HIGHEST, lambda parts: _finite(parts[0])),
    "std": (MOMENTS, lambda parts: np.sqrt(_divided(parts[2], parts[0]))),
}


def aggregate(features: Sequence[WindowFeature], ranges: Sequence[Ranges], rows: pd.DataFrame) -> Columns:
    """Compute features of one source.

    Args:
        features: what to compute.
        ranges: per feature the range of rows that every point covers.
        rows: the events or labels, sorted as the ranges count them.

    Returns:
        Per feature one value per point, NaN where the window holds no value and the feature names no fill.
    """
    columns: Columns = {}
    shared: dict[tuple[str, int], list[tuple[WindowFeature, Ranges]]] = {}
    for feature, covered in zip(features, ranges, strict=True):
        if feature.over is None:
            columns[feature.name] = (covered.last - covered.first).astype(np.float64)
        else:
            shared.setdefault((feature.over, id(_FUNCTIONS[feature.function][0])), []).append((feature, covered))
    for (over, _), users in shared.items():
        reduction = _FUNCTIONS[users[0][0].function][0]
        reduced = reduce_ranges(reduction, rows[over].to_numpy(), [covered for _, covered in users])
        for (feature, _), parts in zip(users, reduced, strict=True):
            columns[feature.name] = _filled(feature, _FUNCTIONS[feature.function][1](parts))
    return columns


def _filled(feature: WindowFeature, values: Floats) -> Floats:
    return values if feature.fill is None else np.where(np.isnan(values), feature.fill, values)
