"""The value of every window function over labels: of so many labels, so many are 1 and the others 0."""

import math
from collections.abc import Callable
from typing import TypeAlias

from headrace.usecase import WindowFunction

ReadLabels: TypeAlias = Callable[[int, int], float | None]


def _mean(counted: int, ones: int) -> float | None:
    return ones / counted if counted else None


def _min(counted: int, ones: int) -> float | None:
    return float(ones == counted) if counted else None


def _max(counted: int, ones: int) -> float | None:
    return float(ones > 0) if counted else None


def _std(counted: int, ones: int) -> float | None:
    return math.sqrt(ones * (counted - ones)) / counted if counted else None


LABEL_READINGS: dict[WindowFunction, ReadLabels] = {
    "count": lambda counted, _: float(counted),
    "sum": lambda _, ones: float(ones),
    "mean": _mean,
    "min": _min,
    "max": _max,
    "std": _std,
}
"""Per function: from how many labels there are and how many of them are 1 to its value."""
