"""Label windows under availability: no label counts before it was given, and no correction.

Most labels are known before any window can reach them; of these the last version of each event counts, and a window is
a range of them. The versions of the others each count from when they were given until the next one was. Labels are 0 or
1, so every function follows from two whole numbers: how many labels a window holds, and how many of them are 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from headrace.usecase import UseCase, WindowFeature
from headrace.windows_columnar.columns import Booleans, Floats, Integers
from headrace.windows_columnar.functions import COLUMNAR
from headrace.windows_columnar.ranges import Points, Ranges, delayed_ranges, sorted_keys
from headrace.windows_columnar.rows import counted_before
from headrace.windows_columnar.selection import count_below

_FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Versions:
    """Labels in the order of entity and time; each counts in [since, until), in seconds."""

    keys: Integers
    truth: Integers
    since: Integers
    until: Integers

    def where(self, rows: Booleans) -> "Versions":
        """These versions only."""
        return Versions(self.keys[rows], self.truth[rows], self.since[rows], self.until[rows])


def label_features(
    usecase: UseCase, features: Sequence[WindowFeature], labels: pd.DataFrame, codes: Integers, at: Points
) -> dict[str, Floats]:
    """Compute the features over the labels of one entity kind.

    Args:
        usecase: whose labels.
        features: those over labels.
        labels: as ``ordered_labels`` returns them.
        codes: the entity of each label.
        at: the points to evaluate at.

    Returns:
        Per feature one value per point, NaN where the window holds no label and the feature names no fill.
    """
    if not features:
        return {}
    steady, changing = _split(usecase, features, labels, codes)
    columns: dict[str, Floats] = {}
    counts: dict[tuple[int, int, int], tuple[Integers, Integers]] = {}
    for it in features:
        window = (it.length_s, it.delay_s, it.resolution_s)
        if window not in counts:
            counts[window] = _counted(steady, changing, at, it)
        function = COLUMNAR[it.function].of_labels
        if function is None:  # such a window is refused when it is defined
            raise TypeError(f"{it.function} cannot look at labels")
        values = function(*counts[window])
        columns[it.name] = values if it.fill is None else np.where(np.isnan(values), it.fill, values)
    return columns


def _split(
    usecase: UseCase, features: Sequence[WindowFeature], labels: pd.DataFrame, codes: Integers
) -> tuple[Versions, Versions]:
    """The versions that are final before any window reaches them, and the others."""
    times, truth = labels[usecase.event.timestamp].to_numpy(), labels[usecase.label.field].to_numpy()
    given = labels["labelled_at"].to_numpy()
    events = pd.factorize(labels[usecase.event.id])[0].astype(np.int64)
    order = np.lexsort((truth, times, given, events, codes))
    opens = np.append(True, (np.diff(events[order]) != 0) | (np.diff(codes[order]) != 0))[: len(order)]
    group = np.cumsum(opens) - 1
    reached = np.min([_reached(times, it) for it in features], axis=0)[order]
    settled = (given[order] <= np.minimum.reduceat(reached, np.flatnonzero(opens))[group]) if len(order) else opens
    settled = np.logical_and.reduceat(settled, np.flatnonzero(opens))[group] if len(order) else opens
    last = np.append(opens[1:], True)[: len(order)]
    since = given[order]
    until = np.where(last, _FOREVER, np.append(since[1:], _FOREVER)[: len(order)])
    every = Versions(sorted_keys(codes, times)[order], truth[order], since, until)
    return _by_time(every.where(settled & last)), _by_time(every.where(~settled & (since < until)))


def _reached(times: Integers, feature: WindowFeature) -> Integers:
    """When a label of an event of these times first lies in the window, by the bucket rule."""
    resolution = feature.resolution_s
    return times // resolution * resolution + resolution - 1 + feature.delay_s


def _by_time(versions: Versions) -> Versions:
    order = np.argsort(versions.keys, kind="stable")
    return Versions(versions.keys[order], versions.truth[order], versions.since[order], versions.until[order])


def _counted(steady: Versions, changing: Versions, at: Points, feature: WindowFeature) -> tuple[Integers, Integers]:
    """How many labels the window holds at every point, and how many of them are 1."""
    covered = delayed_ranges(steady.keys, at, feature)
    ones = counted_before(steady.truth == 1)
    counted, positive = covered.last - covered.first, ones[covered.last] - ones[covered.first]
    if len(changing.keys):
        counted = counted + _visible(changing, at, feature)
        positive = positive + _visible(changing.where(changing.truth == 1), at, feature)
    return counted, positive


def _visible(versions: Versions, at: Points, feature: WindowFeature) -> Integers:
    """How many versions in the window count at the point's own time."""
    covered = delayed_ranges(versions.keys, at, feature)
    return _passed(versions.since, covered, at.times) - _passed(versions.until, covered, at.times)


def _passed(moments: Integers, covered: Ranges, now: Integers) -> Integers:
    """How many moments of every range are now or before."""
    distinct, ranks = np.unique(moments, return_inverse=True)
    return count_below(ranks, covered, np.searchsorted(distinct, now, side="right"))
