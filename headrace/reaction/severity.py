"""How bad is it? From the kind, how far, how many columns, for how long, and what the columns mean to the business."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from headrace.events import SEVERITIES, Severity
from headrace.reaction.finding import Finding
from headrace.reaction.memory import MOST_WINDOWS, Window
from headrace.usecase import UseCase
from headrace.usecase.reaction import Reaction

_CRITICAL_DROP = 0.25
"""A metric of model quality that misses its bound by a quarter of it."""
_HIGH_ATTRIBUTION = 0.1
_TWICE = 2


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A finding, weighed.

    Attributes:
        severity: how bad it is.
        magnitude: the largest distance, weighted.
        breadth: share of the columns that moved.
        shown: windows in a row that show it, this one included.
        streak: of these, how many count: all but those that a single odd window would have filled.
        columns: those that moved, the furthest first by weighted distance.
    """

    severity: Severity
    magnitude: float
    breadth: float
    shown: int
    streak: int
    columns: tuple[str, ...]


def weigh(found: Finding, windows: Sequence[Window], usecase: UseCase) -> Weighed:
    """Weigh a finding.

    Args:
        found: the newest of its kind, or an older one that came late.
        windows: all known of its kind, this one included, the oldest first.
        usecase: whose policy, whose features, and how long they remember.
    """
    reaction = usecase.reaction
    weighted = {name: distance * reaction.weights.get(name, 1.0) for name, distance in found.distances.items()}
    names = tuple(sorted(weighted, key=lambda name: (-weighted[name], name)))
    breadth = len(names) / max(1, len(usecase.feature_names))
    magnitude = max(weighted.values(), default=0.0)
    shown, streak = _lasting(found, windows, usecase)
    level = _level(found, magnitude, reaction)
    if found.kind == "data_quality" and level:
        level += breadth >= reaction.breadth and len(names) > 1
        level += streak >= _TWICE * reaction.persistence
    return Weighed(
        severity=SEVERITIES[min(level, len(SEVERITIES) - 1)],
        magnitude=magnitude,
        breadth=breadth,
        shown=shown,
        streak=streak,
        columns=names,
    )


def _lasting(found: Finding, windows: Sequence[Window], usecase: UseCase) -> tuple[int, int]:
    """Windows in a row up to the newest that show the same, and how many of them count.

    For inputs the same column must be ``retrain_from`` away in each of them, or away at all if none is that far; other
    kinds count windows that found anything. A feature over seven days carries one day's sale for seven days, and
    nothing has lasted until it outlasts that.
    """
    if found.kind != "data_quality" or not found.distances:
        run = _run(windows, lambda it: bool(it.distances))
        return run, run
    far = [name for name, distance in found.distances.items() if _far(distance, name, usecase.reaction)]
    shows = partial(_moved, reaction=usecase.reaction) if far else _named
    runs = {name: _run(windows, partial(shows, name)) for name in far or found.distances}
    counted = max(run - _carried(name, usecase) for name, run in runs.items())
    return max(runs.values()), max(1, counted)


def _carried(name: str, usecase: UseCase) -> int:
    """Windows after an odd one in which a column still shows it; no more than leave room for a change to last."""
    windows = math.ceil(usecase.remembered_s(name) / usecase.monitor.every_s)
    return min(windows, max(0, MOST_WINDOWS - usecase.reaction.persistence))


def _named(name: str, window: Window) -> bool:
    return name in window.distances


def _far(distance: float, name: str, reaction: Reaction) -> bool:
    return distance * reaction.weights.get(name, 1.0) >= reaction.retrain_from


def _moved(name: str, window: Window, *, reaction: Reaction) -> bool:
    return _far(window.distances.get(name, 0.0), name, reaction)


def _run(windows: Sequence[Window], shows: Callable[[Window], bool]) -> int:
    """How many of the newest windows show it, without a gap."""
    return sum(1 for _ in takewhile(shows, reversed(windows)))


def _level(found: Finding, magnitude: float, reaction: Reaction) -> int:
    """The place in ``SEVERITIES`` by kind and magnitude alone."""
    none, low, medium, high, critical = range(len(SEVERITIES))
    if found.clean:
        return none
    if found.upstream:
        return critical
    by_magnitude = {
        "data_quality": ((reaction.retrain_from, high), (reaction.notify_from, medium), (0.0, low)),
        "model_quality": ((_CRITICAL_DROP, critical), (0.0, high)),
        "bias": ((0.0, medium),),
        "attribution": ((_HIGH_ATTRIBUTION, high), (0.0, medium)),
    }
    return next(level for least, level in by_magnitude[found.kind] if magnitude >= least)
