"""Every distance that a pair of columns has, in one table: what it is called, and how it is computed.

A new one is a line here and a function in ``headrace.drift.distances``; docs/extending.md has the steps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from headrace.drift import distances

if TYPE_CHECKING:
    from headrace.drift.aligned import Pair

Measure = Literal[
    "kolmogorov_smirnov",
    "linf_simple",
    "linf_robust",
    "chi_squared",
    "turnover",
    "psi",
    "jensen_shannon",
    "wasserstein",
]


@dataclass(frozen=True, kw_only=True)
class Distance:
    """One distance.

    ``words`` name it in a sentence and ``heading`` in a table; ``of_numbers`` and ``of_texts`` compute it, None where
    it makes no sense.
    """

    words: str
    heading: str
    of_numbers: Callable[["Pair"], float] | None = None
    of_texts: Callable[["Pair"], float] | None = None


def _gap(pair: "Pair") -> float:
    return pair.largest_gap


def _robust(pair: "Pair") -> float:
    return distances.linf_robust(pair.largest_gap, *pair.sizes)


def _stability(pair: "Pair") -> float:
    return distances.stability_index(*pair.grouped)


def _divergence(pair: "Pair") -> float:
    return distances.jensen_shannon(*pair.grouped)


def _moved(pair: "Pair") -> float:
    """In standard deviations of the baseline, if it has any."""
    moved = distances.wasserstein(pair.p, pair.q, pair.values)
    return moved / pair.spread if pair.spread else moved


MEASURES: dict[Measure, Distance] = {
    "kolmogorov_smirnov": Distance(words="Kolmogorov-Smirnov", heading="KS", of_numbers=_gap),
    "linf_simple": Distance(words="L-infinity", heading="L-infinity", of_numbers=_gap, of_texts=_gap),
    "linf_robust": Distance(
        words="robust L-infinity", heading="L-infinity robust", of_numbers=_robust, of_texts=_robust
    ),
    "chi_squared": Distance(
        words="chi-squared", heading="chi-squared", of_texts=lambda it: distances.chi_squared(it.p, it.q)[0]
    ),
    "turnover": Distance(
        words="turnover of categories", heading="turnover", of_texts=lambda it: distances.turnover(it.p, it.q)
    ),
    "psi": Distance(words="population stability index", heading="PSI", of_numbers=_stability, of_texts=_stability),
    "jensen_shannon": Distance(
        words="Jensen-Shannon", heading="Jensen-Shannon", of_numbers=_divergence, of_texts=_divergence
    ),
    "wasserstein": Distance(words="Wasserstein", heading="Wasserstein", of_numbers=_moved),
}
"""In the order in which reports show them."""


def measured(pair: "Pair") -> Mapping[Measure, float]:
    """Every distance that makes sense for a pair."""
    computed = {name: it.of_numbers if pair.numeric else it.of_texts for name, it in MEASURES.items()}
    return {name: of(pair) for name, of in computed.items() if of is not None}
