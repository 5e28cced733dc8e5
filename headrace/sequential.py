"""Which of two models is better, judged while the answers still come in, without being fooled by looking early.

An ordinary test that is looked at again and again finds a difference sooner or later, whether there is one or not. The
mixture sequential probability ratio test gives a p-value that is valid at every look: however often and whenever
somebody stops, a difference that is not there is found with probability ``alpha`` at most.

Formulas: Johari, Koomen, Pekelis, Walsh, "Peeking at A/B Tests" (KDD 2017) and "Always Valid Inference" (Operations
Research 70(3), 2022), section 5.2: for a normal observation with mean theta and variance V after n observations, and
a normal prior N(0, tau^2) on theta, the ratio is ``sqrt(V / (V + n tau^2)) exp(n^2 tau^2 m^2 / (2 V (V + n tau^2)))``
with m their mean. The p-value is the least reciprocal so far, its interval those theta that the ratio does not
reject. Here an observation is the estimated difference of two arms of unequal size, whose variance is that of the two
means; with the variance estimated, validity is asymptotic, so nothing is decided before ``least`` answers per arm.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["undecided", "better", "worse", "no difference"]
"""Of the challenger against the champion, where larger values are better."""


@dataclass(kw_only=True)
class Arm:
    """Running count, mean and spread of one model's outcomes (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    _squares: float = field(default=0.0, repr=False)

    def add(self, value: float) -> None:
        """Count one outcome in. Raises ValueError if it is not finite."""
        if not math.isfinite(value):
            raise ValueError(f"an outcome of {value} cannot be compared")
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self._squares += delta * (value - self.mean)

    @property
    def variance(self) -> float:
        """The sample variance; infinite below two outcomes."""
        return self._squares / (self.count - 1) if self.count > 1 else math.inf


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a comparison stands: the difference challenger minus champion, what is sure of it, and what follows."""

    difference: float
    low: float
    high: float
    p_value: float
    verdict: Verdict
    champion: int
    challenger: int


@dataclass(kw_only=True)
class Comparison:
    """Two arms, looked at as often as anybody likes.

    ``scale`` is the difference worth finding soonest, in the outcome's unit: the standard deviation of the prior. A
    wrong one costs time, never validity. ``indifferent`` is the difference nobody would act on: once the interval
    lies within it on both sides, there is no difference.
    """

    scale: float
    alpha: float = 0.05
    indifferent: float = 0.0
    least: int = 100
    champion: Arm = field(default_factory=Arm)
    challenger: Arm = field(default_factory=Arm)
    _p_value: float = field(default=1.0, init=False, repr=False)
    _low: float = field(default=-math.inf, init=False, repr=False)
    _high: float = field(default=math.inf, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (self.scale > 0 and math.isfinite(self.scale)):
            raise ValueError(f"scale is {self.scale}: give the difference worth finding, above 0")
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha is {self.alpha}: give the share of false alarms to bear, such as 0.05")
        if self.indifferent < 0 or self.least < 2:  # noqa: PLR2004 - a variance takes two
            raise ValueError("indifferent is below 0 or least below 2")

    def look(self) -> Standing:
        """Judge what is there. What was sure at an earlier look stays sure."""
        difference = self.challenger.mean - self.champion.mean
        if min(self.champion.count, self.challenger.count) >= self.least:
            spread = self.champion.variance / self.champion.count + self.challenger.variance / self.challenger.count
            if spread > 0:
                self._p_value = min(self._p_value, p_value(difference, spread, self.scale))
                half = half_width(spread, self.scale, self.alpha)
                self._low, self._high = max(self._low, difference - half), min(self._high, difference + half)
        return Standing(
            difference=difference,
            low=self._low,
            high=self._high,
            p_value=self._p_value,
            verdict=self._verdict(),
            champion=self.champion.count,
            challenger=self.challenger.count,
        )

    def _verdict(self) -> Verdict:
        if self._low > 0:
            return "better"
        if self._high < 0:
            return "worse"
        within = -self.indifferent <= self._low and self._high <= self.indifferent
        return "no difference" if self.indifferent and within else "undecided"


def p_value(difference: float, spread: float, scale: float) -> float:
    """The p-value of one look: the reciprocal of the mixture likelihood ratio, 1 at most.

    Args:
        difference: of the two means.
        spread: its variance, above 0.
        scale: standard deviation of the prior.
    """
    whole = spread + scale**2
    log_ratio = 0.5 * math.log(spread / whole) + scale**2 * difference**2 / (2 * spread * whole)
    return math.exp(-max(0.0, log_ratio))


def half_width(spread: float, scale: float, alpha: float) -> float:
    """Half of the interval that a look at level ``alpha`` gives: the difference whose p-value is ``alpha``."""
    whole = spread + scale**2
    return math.sqrt(2 * spread * whole / scale**2 * (math.log(1 / alpha) + 0.5 * math.log(whole / spread)))


def compare(champion: Iterable[float], challenger: Iterable[float], **settings: float) -> Standing:
    """Judge outcomes that are all there, in one look.

    Args:
        champion: outcomes of the one model.
        challenger: outcomes of the other.
        settings: of the comparison.
    """
    comparison = Comparison(**settings)  # type: ignore[arg-type]  # least is a count, the others are numbers
    for value in champion:
        comparison.champion.add(value)
    for value in challenger:
        comparison.challenger.add(value)
    return comparison.look()
