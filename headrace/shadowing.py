"""What a challenger in the shadow would have answered, beside what was answered: the same requests, so pair by pair.

Both sides of a request are captured under one id. Where the label is known, the pair says which answer cost less, and
the differences of pairs are judged by the sequential test of one sample (``headrace.sequential``), which may be looked
at as often as anybody likes. Pairs need far fewer labels than two groups of different requests do.
"""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from headrace.ground_truth import Truth
from headrace.sequential import Standing
from headrace.trial import comparison_of, cost
from headrace.usecase import UseCase

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_HUNDREDTHS = 100
BINS = 40
"""Of differences from -1 to 1."""


class Said(NamedTuple):
    """One captured answer."""

    inference_id: str
    score: float
    decision: str


class Pair(NamedTuple):
    """Both answers to one request."""

    champion: Said
    challenger: Said

    @property
    def difference(self) -> float:
        """Of the scores, challenger minus champion."""
        return self.challenger.score - self.champion.score


class Flip(NamedTuple):
    """Requests that the two decided differently; positives among those of them whose label is known."""

    champion: str
    challenger: str
    requests: int
    labelled: int
    positives: int


class Differences(NamedTuple):
    """How far scores are apart: mean, mean size, largest size and quantiles by share."""

    mean: float
    mean_size: float
    largest: float
    quantiles: Mapping[float, float]


def pairs(champion: Iterable[Said], challenger: Iterable[Said]) -> list[Pair]:
    """The requests that both answered, by id. An id that came twice counts once, as it came last."""
    first = {it.inference_id: it for it in champion}
    second = {it.inference_id: it for it in challenger}
    return [Pair(first[name], second[name]) for name in sorted(first.keys() & second.keys())]


def agreement(both: Sequence[Pair]) -> float | None:
    """The share of requests that both decided alike; None without any."""
    if not both:
        return None
    return sum(it.champion.decision == it.challenger.decision for it in both) / len(both)


def flips(both: Iterable[Pair], truths: Mapping[str, Truth]) -> list[Flip]:
    """Decisions that differ, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    labelled: Counter[tuple[str, str]] = Counter()
    positives: Counter[tuple[str, str]] = Counter()
    for it in both:
        way = (it.champion.decision, it.challenger.decision)
        if way[0] == way[1]:
            continue
        counts[way] += 1
        if (truth := truths.get(it.champion.inference_id)) is not None:
            labelled[way] += 1
            positives[way] += bool(truth.value)
    ranked = sorted(counts.items(), key=lambda it: (-it[1], it[0]))
    return [Flip(*way, count, labelled[way], positives[way]) for way, count in ranked]


def differences(both: Sequence[Pair]) -> Differences | None:
    """How far the scores of pairs are apart; None without any."""
    if not both:
        return None
    found = sorted(it.difference for it in both)
    sizes = [abs(it) for it in found]
    if len(found) > 1:
        cuts = statistics.quantiles(found, n=_HUNDREDTHS, method="inclusive")
        shares = {it: cuts[round(it * _HUNDREDTHS) - 1] for it in QUANTILES}
    else:
        shares = dict.fromkeys(QUANTILES, found[0])
    return Differences(statistics.fmean(found), statistics.fmean(sizes), max(sizes), shares)


def histogram(both: Iterable[Pair]) -> list[int]:
    """How many differences lie in each of ``BINS`` equal bins from -1 to 1; a bin holds its lower edge."""
    counts = [0] * BINS
    for it in both:
        counts[min(BINS - 1, max(0, math.floor((it.difference + 1) / 2 * BINS)))] += 1
    return counts


def judge(usecase: UseCase, both: Iterable[Pair], truths: Mapping[str, Truth]) -> Standing:
    """Judge the challenger by the money that its answers would have saved, request by request.

    Args:
        usecase: with a trial, whose scale and level are used, and a label with costs.
        both: in any order.
        truths: the label that counts, by inference id.

    Raises:
        ValueError: if the use case has no trial.
    """
    comparison = comparison_of(usecase)
    known = [(truths[it.champion.inference_id], it) for it in both if it.champion.inference_id in truths]
    for truth, it in sorted(known, key=lambda one: (one[0].labelled_at, one[0].inference_id)):
        saved = cost(usecase, it.champion.decision, truth.value) - cost(usecase, it.challenger.decision, truth.value)
        comparison.champion.add(0.0)  # the other sample of a test of pairs is that of no difference
        comparison.challenger.add(saved)
        comparison.look()
    return comparison.look()
