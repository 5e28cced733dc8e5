"""Features made of features, whole columns at once: the arithmetic of ``headrace.expressions`` in the same order."""

from collections.abc import Callable, Mapping

import numpy as np

from headrace.usecase import Expression, ExpressionFunction
from headrace.windows_columnar.columns import Floats
from headrace.windows_columnar.quantiles import to_bins


def expressed(expression: Expression, features: Mapping[str, Floats]) -> Floats:
    """The value of an expression in every row; NaN where it is missing and names no fill.

    Args:
        expression: what to compute.
        features: its operands, by name.
    """
    with np.errstate(all="ignore"):
        values = _FUNCTIONS[expression.function](*(features[it] for it in (expression.of, *expression.against)))
    values = np.where(np.isfinite(values), values, np.nan)
    return values if expression.fill is None else np.where(np.isnan(values), expression.fill, values)


def _ratio(of: Floats, to: Floats) -> Floats:
    return np.where(to == 0, np.nan, of / to)


def _zscore(of: Floats, mean: Floats, deviation: Floats) -> Floats:
    return np.where(deviation == 0, np.nan, (of - mean) / deviation)


def _outside(of: Floats, low: Floats, high: Floats) -> Floats:
    value = to_bins(of)
    known = ~(np.isnan(of) | np.isnan(low) | np.isnan(high))
    return np.where(known, ((value < low) | (value > high)).astype(np.float64), np.nan)


_FUNCTIONS: dict[ExpressionFunction, Callable[..., Floats]] = {
    "difference": lambda of, other: of - other,
    "ratio": _ratio,
    "zscore": _zscore,
    "outside": _outside,
}
