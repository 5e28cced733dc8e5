"""Looking at a comparison of two models as often as one likes does not make a difference out of none."""

import math

import numpy as np
import pytest

from headrace.sequential import Arm, Comparison, compare, half_width, p_value

RUNS, ANSWERS, ALPHA = 60, 2_000, 0.05


def verdict(seed: int, lift: float, *, share: float = 0.1) -> str:
    """Two arms at 90/10, a rate of 20 %, looked at after every tenth answer; stops when something is sure."""
    draw = np.random.default_rng(seed)
    comparison = Comparison(scale=0.05, alpha=ALPHA, least=100)
    challenged = draw.random(ANSWERS) < share
    outcomes = draw.random(ANSWERS) < 0.2 + lift * challenged
    for number, (challenger, outcome) in enumerate(zip(challenged.tolist(), outcomes.tolist(), strict=True)):
        (comparison.challenger if challenger else comparison.champion).add(float(outcome))
        if number % 10 == 0 and comparison.look().verdict != "undecided":
            break
    return comparison.look().verdict


def false_alarms(runs: int) -> float:
    """The share of comparisons of equals that end."""
    return sum(verdict(seed, 0.0) != "undecided" for seed in range(runs)) / runs


def test_peeking_at_every_tenth_answer_finds_no_difference_that_is_not_there() -> None:
    assert false_alarms(RUNS) < ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / RUNS)


@pytest.mark.nightly
def test_peeking_at_two_thousand_comparisons_finds_no_difference_that_is_not_there() -> None:
    assert false_alarms(2_000) < ALPHA


def test_an_ordinary_test_under_the_same_peeking_is_fooled() -> None:
    """The reason for all of this: the simulation is able to catch a test that peeking breaks."""
    fooled = 0
    for seed in range(100):
        arms = (Arm(), Arm())
        for number, outcome in enumerate(np.random.default_rng(seed).random(ANSWERS) < 0.2):
            arms[number % 2].add(float(outcome))
            if number > 200 and number % 10 == 0:
                spread = sum(it.variance / it.count for it in arms)
                if abs(arms[1].mean - arms[0].mean) / math.sqrt(spread) > 1.96:
                    fooled += 1
                    break
    assert fooled > 20


def test_a_real_difference_is_found_and_has_its_sign() -> None:
    better = [verdict(seed, 0.2, share=0.5) for seed in range(40)]
    worse = [verdict(seed, -0.15, share=0.5) for seed in range(40)]
    assert better.count("better") >= 38
    assert worse.count("worse") >= 38
    assert "worse" not in better
    assert "better" not in worse


def test_the_ratio_is_the_mixture_of_likelihood_ratios_over_the_prior() -> None:
    """Oracle: numeric integration of the normal likelihood ratio over the prior N(0, scale^2)."""
    difference, spread, scale = 0.11, 0.0016, 0.05
    step = scale / 400
    ratio = 0.0
    for place in range(-4_000, 4_001):
        theta = place * step
        prior = math.exp(-(theta**2) / (2 * scale**2)) / (scale * math.sqrt(2 * math.pi))
        ratio += step * prior * math.exp((2 * theta * difference - theta**2) / (2 * spread))
    assert p_value(difference, spread, scale) == pytest.approx(1 / ratio, rel=1e-6)


def test_the_interval_ends_where_the_p_value_is_alpha() -> None:
    for spread, scale, alpha in ((0.0016, 0.05, 0.05), (0.4, 0.01, 0.01), (1e-6, 2.0, 0.2)):
        half = half_width(spread, scale, alpha)
        assert p_value(half, spread, scale) == pytest.approx(alpha, rel=1e-9)
        assert p_value(half * 1.01, spread, scale) < alpha < p_value(half * 0.99, spread, scale)


def test_no_difference_is_a_verdict_where_somebody_says_what_does_not_matter() -> None:
    equal = (np.random.default_rng(5).random((2, 20_000)) < 0.1).astype(float).tolist()
    assert compare(*equal, scale=0.02, indifferent=0.05).verdict == "no difference"
    assert compare(*equal, scale=0.02).verdict == "undecided"
    assert compare(equal[0], [1.0] * 5 + [0.0] * 5, scale=0.02, indifferent=0.05).verdict == "undecided"


def test_what_was_sure_stays_sure_and_the_p_value_never_rises() -> None:
    comparison = Comparison(scale=0.1, least=50)
    draw = np.random.default_rng(1)
    seen = []
    for _ in range(400):
        comparison.champion.add(draw.normal(0, 1))
        comparison.challenger.add(draw.normal(0.6, 1))
        seen.append(comparison.look())
    values = [it.p_value for it in seen]
    assert values == sorted(values, reverse=True)
    assert values[:49] == [1.0] * 49
    verdicts = [it.verdict for it in seen]
    assert verdicts[verdicts.index("better") :] == ["better"] * (400 - verdicts.index("better"))
    assert seen[-1].low > 0
    assert (seen[-1].champion, seen[-1].challenger) == (400, 400)


def test_outcomes_that_never_vary_decide_nothing() -> None:
    standing = compare([0.0] * 500, [0.0] * 500, scale=0.1)
    assert (standing.verdict, standing.p_value, standing.difference) == ("undecided", 1.0, 0.0)


def test_an_arm_has_mean_and_variance_of_what_it_was_given() -> None:
    arm = Arm()
    assert arm.variance == math.inf
    for value in (2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0):
        arm.add(value)
    assert (arm.count, arm.mean) == (8, 5.0)
    assert arm.variance == pytest.approx(32 / 7)


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": 0},
        {"scale": math.inf},
        {"scale": 1, "alpha": 1},
        {"scale": 1, "least": 1},
        {"scale": 1, "indifferent": -1},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"scale is|alpha is|indifferent is below"):
        Comparison(**settings)


def test_an_outcome_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        Arm().add(math.nan)
