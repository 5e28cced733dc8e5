"""Whole columns of ``headrace.window_functions.recency``: last, time_since_last, time_since_first."""

import numpy as np
import pandas as pd

from headrace.windows_columnar.columns import Floats, Integers
from headrace.windows_columnar.functions.function import ColumnarFunction, Covered, alone


def _newest_value(covered: Covered) -> Floats:
    """The value of the latest second that has one, of several in that second the largest; NaN where none is covered.

    A range never begins within a second, so the largest from the second's begin to the range's end is the one sought.
    """
    values, inside = covered.rows.floats(str(covered.over)), covered.range
    begins = np.append(True, np.diff(covered.rows.keys) != 0)[: len(values)]
    largest = pd.Series(values).groupby(np.cumsum(begins)).cummax().to_numpy()
    latest = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    found = np.where(inside.last > inside.first, latest[inside.last - 1], -1)
    return np.where(found >= inside.first, largest[found], np.nan)


def _age(covered: Covered, event: Integers) -> Floats:
    """Seconds from an event of every range to its point; NaN where none is covered."""
    some = covered.range.last > covered.range.first
    age = covered.at.times - covered.rows.line.times[np.where(some, event, 0)]
    return np.where(some, age.astype(np.float64), np.nan)


LAST = ColumnarFunction(look=alone, value=_newest_value)
TIME_SINCE_LAST = ColumnarFunction(look=alone, value=lambda covered: _age(covered, covered.range.last - 1))
TIME_SINCE_FIRST = ColumnarFunction(look=alone, value=lambda covered: _age(covered, covered.range.first))
