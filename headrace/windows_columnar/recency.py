"""The newest value in a window, and how long ago its newest and its oldest event were."""

import numpy as np
import pandas as pd

from headrace.usecase import WindowFeature
from headrace.windows_columnar.columns import Floats
from headrace.windows_columnar.ranges import Points, Ranges, Timeline


def ages(feature: WindowFeature, covered: Ranges, line: Timeline, at: Points) -> Floats:
    """Seconds from the newest or the oldest covered event to every point; NaN where none is covered."""
    event = covered.last - 1 if feature.function == "time_since_last" else covered.first
    some = covered.last > covered.first
    age = at.times - line.times[np.where(some, event, 0)]
    return np.where(some, age.astype(np.float64), np.nan)


def newest(values: Floats, covered: Ranges, line: Timeline) -> Floats:
    """The value of the latest second that has one, of several in that second the largest; NaN where none is covered.

    A range never begins within a second, so the largest from the second's begin to the range's end is the one sought.
    """
    begins = np.append(True, np.diff(line.keys) != 0)[: len(values)]
    largest = pd.Series(values).groupby(np.cumsum(begins)).cummax().to_numpy()
    latest = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    found = np.where(covered.last > covered.first, latest[covered.last - 1], -1)
    return np.where(found >= covered.first, largest[found], np.nan)
