"""Whole columns of ``headrace.window_functions.numbers``: count, sum, mean, min, max, std."""

import numpy as np

from headrace.window_functions.numbers import ROUNDING
from headrace.windows_columnar.columns import Floats, Integers
from headrace.windows_columnar.functions.function import ColumnarFunction, Covered, alone, reduced
from headrace.windows_columnar.reductions import HIGHEST, LOWEST, MOMENTS, TOTALS, Parts

_TOTALS = reduced(TOTALS)


def _divided(total: Floats, counted: Floats) -> Floats:
    return np.divide(total, counted, out=np.full_like(total, np.nan), where=counted > 0)


def _share(part: Integers, of: Integers) -> Floats:
    share: Floats = np.divide(part, of, out=np.full(len(of), np.nan), where=of > 0)
    return share


def _length(covered: Covered) -> Floats:
    return (covered.range.last - covered.range.first).astype(np.float64)


COUNT = ColumnarFunction(look=alone, value=_length, of_labels=lambda counted, _: counted.astype(np.float64))
SUM = ColumnarFunction(
    look=_TOTALS,
    value=lambda parts: parts[1] + parts[2],
    of_labels=lambda _, positive: positive.astype(np.float64),
)
MEAN = ColumnarFunction(
    look=_TOTALS,
    value=lambda parts: _divided(parts[1] + parts[2], parts[0]),
    of_labels=lambda counted, positive: _share(positive, counted),
)
MIN = ColumnarFunction(
    look=reduced(LOWEST),
    value=lambda parts: parts[0],
    of_labels=lambda counted, positive: np.where(counted > 0, (positive == counted).astype(np.float64), np.nan),
)
MAX = ColumnarFunction(
    look=reduced(HIGHEST),
    value=lambda parts: parts[0],
    of_labels=lambda counted, positive: np.where(counted > 0, (positive > 0).astype(np.float64), np.nan),
)


def _deviation(parts: Parts) -> Floats:
    counted, mean, squares = parts
    deviation = np.sqrt(_divided(squares, counted))
    return np.where(deviation <= ROUNDING * np.abs(mean), 0.0, deviation)


def _deviation_of_labels(counted: Integers, positive: Integers) -> Floats:
    deviation: Floats = np.sqrt(_share(positive, counted) * _share(counted - positive, counted))
    return deviation


STD = ColumnarFunction(look=reduced(MOMENTS), value=_deviation, of_labels=_deviation_of_labels)
