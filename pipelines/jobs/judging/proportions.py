"""Intervals of shares and of what compares two shares, by formulas that hold for few rows too."""

import math

NORMAL_95 = 1.959964
"""The normal quantile of a 95 % interval."""
Interval = tuple[float, float]


def share(part: float, whole: float) -> float:
    """A part of a whole; 0 of nothing is 0."""
    return part / whole if whole else 0.0


def wilson(part: float, whole: float) -> Interval:
    """The 95 % interval of a share (Wilson 1927); all of 0 to 1 where there is nothing."""
    if not whole:
        return (0.0, 1.0)
    middle = (part + NORMAL_95**2 / 2) / (whole + NORMAL_95**2)
    half = NORMAL_95 / (whole + NORMAL_95**2) * math.sqrt(part * (whole - part) / whole + NORMAL_95**2 / 4)
    return (max(0.0, middle - half), min(1.0, middle + half))


def difference(part_a: float, whole_a: float, part_d: float, whole_d: float) -> Interval:
    """The 95 % interval of share a - share d (Agresti and Caffo 2000: one success and one failure more in each)."""
    a, d = (part_a + 1) / (whole_a + 2), (part_d + 1) / (whole_d + 2)
    half = NORMAL_95 * math.sqrt(a * (1 - a) / (whole_a + 2) + d * (1 - d) / (whole_d + 2))
    return (max(-1.0, a - d - half), min(1.0, a - d + half))


def ratio(part_d: float, whole_d: float, part_a: float, whole_a: float) -> Interval:
    """The 95 % interval of share d / share a (Katz et al. 1978, on the logarithm; half a success added to each)."""
    if not whole_a or not whole_d:
        return (0.0, math.inf)
    d, a = (part_d + 0.5) / (whole_d + 0.5), (part_a + 0.5) / (whole_a + 0.5)
    spread = 1 / (part_d + 0.5) - 1 / (whole_d + 0.5) + 1 / (part_a + 0.5) - 1 / (whole_a + 0.5)
    half = NORMAL_95 * math.sqrt(max(0.0, spread))
    return (d / a * math.exp(-half), d / a * math.exp(half))
