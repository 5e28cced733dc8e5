"""The value of expressions: features made of other features of the same vector, at the moment of evaluation."""

import math
from collections.abc import Callable, Mapping, Sequence

from headrace.usecase import Expression, ExpressionFunction
from headrace.window_functions.sketches import bin_of, representative


def evaluate_expressions(
    expressions: Sequence[Expression], features: Mapping[str, float | None]
) -> dict[str, float | None]:
    """Evaluate expressions over the features they name.

    Args:
        expressions: what to compute.
        features: the inputs, calendar parts and window features of one vector; None is missing.

    Returns:
        One value per expression. Where an operand is missing, a denominator or standard deviation is zero, or the
        result is not finite, its fill; None without one.
    """
    found: dict[str, float | None] = {}
    for it in expressions:
        operands = [features[name] for name in (it.of, *it.against)]
        known = [operand for operand in operands if operand is not None]
        value = _FUNCTIONS[it.function](*known) if len(known) == len(operands) else None
        found[it.name] = value if value is not None and math.isfinite(value) else it.fill
    return found


def _difference(of: float, subtrahend: float) -> float:
    return of - subtrahend


def _ratio(of: float, denominator: float) -> float | None:
    return of / denominator if denominator else None


def _zscore(of: float, mean: float, deviation: float) -> float | None:
    return (of - mean) / deviation if deviation else None


def _outside(of: float, low: float, high: float) -> float:
    """At the precision of quantiles, so that a value that equals one does not lie outside."""
    return float(not low <= representative(bin_of(of)) <= high)


_FUNCTIONS: dict[ExpressionFunction, Callable[..., float | None]] = {
    "difference": _difference,
    "ratio": _ratio,
    "zscore": _zscore,
    "outside": _outside,
}
