"""Whole columns of ``headrace.window_functions.recency``, where the functions are described."""

import numpy as np
import pandas as pd

from headrace.window_functions import recency
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


def _since_true(covered: Covered) -> Floats:
    """Seconds from the newest event of every range whose value is neither missing nor 0."""
    values, inside = covered.rows.floats(str(covered.over)), covered.range
    true = np.nan_to_num(values) != 0
    newest = np.append(np.maximum.accumulate(np.where(true, np.arange(len(true)), -1)), -1)[inside.last - 1]
    return np.where(newest >= inside.first, _age(covered, newest), np.nan)


def _mean_session(covered: Covered) -> Floats:
    """Of all the time between the first event and the last, what was no break, by how many sessions there are.

    Breaks are counted and summed before each row, in whole numbers; those between two entities lie in no range.
    """
    times, inside = covered.rows.line.times, covered.range
    silence = np.append(0, np.diff(times))[: len(times)]
    is_break = silence > recency.SESSION_GAP_S
    number, length = np.cumsum(is_break), np.cumsum(np.where(is_break, silence, 0))
    some = inside.last > inside.first
    first, last = np.where(some, inside.first, 0), np.where(some, inside.last - 1, 0)
    spent = times[last] - times[first] - (length[last] - length[first])
    return np.where(some, spent / (number[last] - number[first] + 1), np.nan)


LAST = ColumnarFunction(look=alone, value=_newest_value)
TIME_SINCE_LAST = ColumnarFunction(look=alone, value=lambda covered: _age(covered, covered.range.last - 1))
TIME_SINCE_FIRST = ColumnarFunction(look=alone, value=lambda covered: _age(covered, covered.range.first))
TIME_SINCE_TRUE = ColumnarFunction(look=alone, value=_since_true)
SESSION_LENGTH = ColumnarFunction(look=alone, value=_mean_session)
