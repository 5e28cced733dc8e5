"""How likely a distance is if nothing changed, and how many features may cry wolf.

Nothing here needs a statistics library: a monitor runs in small containers too.
"""

import math
from collections.abc import Mapping
from typing import Literal

Control = Literal["holm", "benjamini_hochberg", "none"]
_STEPS = 300
_TINY = 1e-300


def smirnov_p(distance: float, n: float, m: float) -> float:
    """The chance that two samples of one distribution are this far apart: 2 exp(-2 d^2 n m / (n + m)), at most 1.

    The first term of Smirnov's series (1939), which bounds the tail from above and is right to a per cent where it is
    below 0.1. Ties make it more careful, never less.
    """
    return min(1.0, 2 * math.exp(-2 * distance * distance * n * m / (n + m)))


def smirnov_distance(p: float, n: float, m: float) -> float:
    """The distance that two samples of one distribution exceed with this chance: the inverse of ``smirnov_p``."""
    return math.sqrt(-math.log(max(p, _TINY) / 2) / 2 * (n + m) / (n * m))


def chi_squared_p(statistic: float, freedom: int) -> float:
    """The chance of a chi-squared variable to be larger: the upper regularized gamma function Q(freedom/2, x/2).

    Series below, continued fraction (Lentz) above (Abramowitz and Stegun 6.5.29, 6.5.31).
    """
    if freedom <= 0 or statistic <= 0:
        return 1.0
    a, x = freedom / 2, statistic / 2
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for step in range(1, _STEPS + int(10 * math.sqrt(a))):
            term *= x / (a + step)
            total += term
        return max(0.0, 1 - front * total)
    return min(1.0, front * _continued_fraction(a, x))


def chi_squared_bound(p: float, freedom: int) -> float:
    """The statistic that a chi-squared variable exceeds with this chance: the inverse of ``chi_squared_p``."""
    low, high = 0.0, float(freedom)
    while chi_squared_p(high, freedom) > p:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if chi_squared_p(middle, freedom) > p else (low, middle)
    return high


def adjusted(found: Mapping[str, float], control: Control) -> dict[str, float]:
    """p-values that may each be held against one bound, though many were looked at.

    Args:
        found: p-value of each feature.
        control: ``holm`` (1979): the chance that any feature cries wolf stays below the bound. ``benjamini_hochberg``
            (1995): so does the expected share of wolves among those that cry. ``none``: each for itself.
    """
    order = sorted(found, key=lambda name: (found[name], name))
    if control == "none":
        return dict(found)
    tests, changed = len(order), {}
    if control == "holm":
        reached = 0.0
        for place, name in enumerate(order):
            reached = max(reached, min(1.0, found[name] * (tests - place)))
            changed[name] = reached
    else:
        reached = 1.0
        for place, name in reversed(list(enumerate(order))):
            reached = min(reached, found[name] * tests / (place + 1))
            changed[name] = reached
    return {name: changed[name] for name in found}


def _continued_fraction(a: float, x: float) -> float:
    below = x + 1 - a
    c, d = 1 / _TINY, 1 / below
    value = d
    for step in range(1, _STEPS + int(10 * math.sqrt(a))):
        factor = -step * (step - a)
        below += 2
        d = 1 / (factor * d + below or _TINY)
        c = below + factor / c or _TINY
        value *= c * d
        if abs(c * d - 1) < 1e-15:  # noqa: PLR2004 - the precision of a double
            break
    return value
