"""How bad is it? From the kind, how far, how many columns, for how long, and what the columns mean to the business."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from headrace.events import SEVERITIES, Severity
from headrace.reaction.finding import Finding
from headrace.reaction.memory import Window
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
        streak: windows in a row that show it, this one included.
        columns: those that moved, the furthest first by weighted distance.
    """

    severity: Severity
    magnitude: float
    breadth: float
    streak: int
    columns: tuple[str, ...]


def weigh(found: Finding, windows: Sequence[Window], reaction: Reaction, *, columns: int) -> Weighed:
    """Weigh a finding.

    Args:
        found: the newest of its kind, or an older one that came late.
        windows: all known of its kind, this one included, the oldest first.
        reaction: the use case's policy.
        columns: how many the monitor watches.
    """
    weighted = {name: distance * reaction.weights.get(name, 1.0) for name, distance in found.distances.items()}
    names = tuple(sorted(weighted, key=lambda name: (-weighted[name], name)))
    breadth = len(names) / max(1, columns)
    magnitude = max(weighted.values(), default=0.0)
    length = streak(found, windows, reaction)
    level = _level(found, magnitude, reaction)
    if found.kind == "data_quality" and level:
        level += breadth >= reaction.breadth and len(names) > 1
        level += length >= _TWICE * reaction.persistence
    return Weighed(
        severity=SEVERITIES[min(level, len(SEVERITIES) - 1)],
        magnitude=magnitude,
        breadth=breadth,
        streak=length,
        columns=names,
    )


def streak(found: Finding, windows: Sequence[Window], reaction: Reaction) -> int:
    """Windows in a row up to the newest that show the same.

    For inputs the same column must be ``retrain_from`` away in each of them; a finding that is nearer, or of another
    kind, counts windows that found anything.
    """
    if found.kind != "data_quality":
        return _run(windows, lambda it: bool(it.distances))
    far = {name for name in found.distances if _far(found.distances[name], name, reaction)}
    if not far:
        return _run(windows, lambda it: bool(it.distances))
    return max(_run(windows, partial(_moved, name, reaction)) for name in far)


def _far(distance: float, name: str, reaction: Reaction) -> bool:
    return distance * reaction.weights.get(name, 1.0) >= reaction.retrain_from


def _moved(name: str, reaction: Reaction, window: Window) -> bool:
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
