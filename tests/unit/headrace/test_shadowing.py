"""A challenger in the shadow is compared pair by pair: agreement, flips, distances of scores, and the money saved."""

import random
from dataclasses import replace

import pytest

import usecases
from headrace.ground_truth import Truth
from headrace.shadowing import BINS, Flip, Pair, Said, agreement, differences, flips, histogram, judge, pairs
from headrace.usecase import Serving, Trial

FRAUD = usecases.load("fraud")
SHADOWED = replace(FRAUD, serving=Serving(trial=Trial(steps=(), shadow=100, scale=5.0)), alerts=None)


def said(name: str, score: float) -> Said:
    return Said(name, score, "BLOCK" if score >= 0.5 else "APPROVE")


def pair(name: str, champion: float, challenger: float) -> Pair:
    return Pair(said(name, champion), said(name, challenger))


def truth(name: str, value: int, at: int = 1) -> Truth:
    return Truth(name, value, at, at)


def test_only_requests_that_both_answered_are_pairs_and_each_counts_once() -> None:
    first = [said("a", 0.1), said("b", 0.2), said("a", 0.3)]
    second = [said("c", 0.4), said("a", 0.6)]
    assert pairs(first, second) == [pair("a", 0.3, 0.6)]


def test_agreement_is_about_decisions() -> None:
    both = [pair("a", 0.1, 0.4), pair("b", 0.1, 0.9), pair("c", 0.6, 0.9), pair("d", 0.9, 0.6)]
    assert agreement(both) == 0.75
    assert agreement([]) is None


def test_flips_are_counted_by_way_with_the_labels_that_are_known() -> None:
    both = [pair("a", 0.1, 0.9), pair("b", 0.2, 0.9), pair("c", 0.9, 0.1), pair("d", 0.1, 0.1)]
    truths = {"a": truth("a", 1), "c": truth("c", 0), "d": truth("d", 1)}
    assert flips(both, truths) == [Flip("APPROVE", "BLOCK", 2, 1, 1), Flip("BLOCK", "APPROVE", 1, 1, 0)]


def test_differences_have_a_sign_and_a_size() -> None:
    found = differences([pair(str(it), 0.5, 0.5 + it / 100) for it in range(-10, 31)])
    assert found is not None
    assert (found.mean, found.mean_size) == (pytest.approx(0.1), pytest.approx((55 + 465) / 4_100))
    assert found.largest == pytest.approx(0.3)
    assert (found.quantiles[0.5], found.quantiles[0.25]) == (pytest.approx(0.1), pytest.approx(0.0))
    assert differences([]) is None
    single = differences([pair("a", 0.2, 0.3)])
    assert single is not None
    assert set(single.quantiles.values()) == {single.mean}


def test_every_difference_is_in_one_bin() -> None:
    counts = histogram([pair("a", 0, 1), pair("b", 1, 0), pair("c", 0.5, 0.5), pair("d", 0.2, 0.21)])
    assert (counts[0], counts[-1], counts[BINS // 2], sum(counts)) == (1, 1, 2, 4)


def judged(better: float, count: int = 2_000, seed: int = 1) -> str:
    """The verdict where the challenger sees a positive that often, the champion every second one."""
    draw = random.Random(seed)  # noqa: S311  a seed makes the cases the same each time
    both, truths = [], {}
    for it in range(count):
        label = draw.random() < 0.1
        scores = [0.9 if label and draw.random() < share else 0.1 for share in (0.5, better)]
        both.append(pair(f"e{it}", *scores))
        truths[f"e{it}"] = truth(f"e{it}", int(label), it)
    return judge(SHADOWED, both, truths).verdict


def test_a_challenger_that_catches_more_is_better_and_one_that_catches_less_is_worse() -> None:
    assert judged(0.9) == "better"
    assert judged(0.1) == "worse"


def test_equals_are_seldom_told_apart() -> None:
    assert sum(judged(0.5, count=300, seed=seed) != "undecided" for seed in range(60)) <= 3


def test_without_labels_or_with_few_nothing_is_decided() -> None:
    both = [pair(f"e{it}", 0.1, 0.9) for it in range(99)]
    truths = {it.champion.inference_id: truth(it.champion.inference_id, 1) for it in both}
    assert judge(SHADOWED, both, {}).verdict == "undecided"
    assert judge(SHADOWED, both, truths).verdict == "undecided"
    assert judge(SHADOWED, both, truths).difference == FRAUD.label.missed_cost


def test_a_use_case_without_a_trial_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no serving\.trial"):
        judge(FRAUD, [], {})
