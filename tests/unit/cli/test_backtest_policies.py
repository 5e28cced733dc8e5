"""When each policy wants a new model, and what the command line may ask for."""

import pytest

from cli.backtest.policies import Policy, Situation, parse, reacts
from headrace.errors import UseCaseError

DAY_S = 86_400
WEEK_S = 7 * DAY_S


def due(policy: Policy, *, days: float = 0.0, labels: int = 0, drift: str | None = None) -> str | None:
    now = 1_000 * DAY_S
    tried_at = now - int(days * DAY_S)
    return policy.due(Situation(now=now, tried_at=tried_at, labels=labels, drift=lambda: drift))


def one(text: str, step_s: int = DAY_S) -> Policy:
    (policy,) = parse([text], step_s=step_s)
    assert policy.name == text
    return policy


def test_never_is_never_due_and_does_not_try_again() -> None:
    policy = one("never")
    assert due(policy, days=1_000, labels=1_000_000, drift="all") is None
    assert not policy.persists


@pytest.mark.parametrize(("text", "days"), [("weekly", 7), ("every:3d", 3), ("every:36h", 1.5)])
def test_a_period_is_due_when_it_is_over_and_not_before(text: str, days: float) -> None:
    policy = one(text)
    assert due(policy, days=days) == f"{text}: time is up"
    assert due(policy, days=days - 0.001) is None
    assert policy.persists


def test_new_labels_are_due_from_so_many_on() -> None:
    policy = one("labels:500")
    assert due(policy, labels=499, days=100) is None
    assert due(policy, labels=500) == "500 new labels"


def test_drift_is_due_when_something_drifted_and_says_what() -> None:
    policy = one("drift")
    assert due(policy, days=100, labels=100_000) is None
    assert due(policy, drift="amount by 0.2") == "drift: amount by 0.2"


@pytest.mark.parametrize("text", ["drift", "labels:500"])
def test_what_the_reaction_would_hold_back_is_not_due_and_drift_is_not_even_looked_for(text: str) -> None:
    def looked() -> str | None:
        raise AssertionError("too soon to ask")

    held = Situation(now=WEEK_S, tried_at=0, labels=500, drift=looked, too_soon="cooldown of 3d since the last")
    assert one(text).due(held) is None
    assert one(f"{text}+weekly").due(held) == "weekly: time is up"


def test_only_trainings_because_of_drift_and_labels_count_against_the_cooldown() -> None:
    found = {text: due(one(text), days=99, labels=500, drift="amount") for text in ("drift", "labels:5", "weekly")}
    assert {text: reacts(reason or "") for text, reason in found.items()} == {
        "drift": True, "labels:5": True, "weekly": False,
    }  # fmt: skip


def test_joined_policies_are_due_when_any_of_them_is() -> None:
    policy = one("drift+weekly")
    assert due(policy, days=6) is None
    assert due(policy, days=7) == "weekly: time is up"
    assert due(policy, days=1, drift="score by 0.1") == "drift: score by 0.1"


def test_drift_is_not_looked_for_by_a_policy_that_does_not_ask() -> None:
    def looked() -> str | None:
        raise AssertionError("nobody asked")

    for text in ("never", "weekly", "labels:5"):
        situation = Situation(now=WEEK_S, tried_at=WEEK_S - 1, labels=4, drift=looked)
        assert one(text).due(situation) is None


def test_policies_come_with_commas_or_one_by_one() -> None:
    found = parse(["never, weekly", "labels:9"], step_s=DAY_S)
    assert [it.name for it in found] == ["never", "weekly", "labels:9"]


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([""], "names no policy"),
        (["monthly"], "there is no policy 'monthly'"),
        (["never", "never"], "is there twice"),
        (["labels:0"], "says no number of labels"),
        (["labels:many"], "says no number of labels"),
        (["every:fortnight"], "is not a duration"),
        (["every:0d"], "due more often than it is asked"),
        (["every:12h"], "due more often than it is asked"),
        (["never+weekly"], "joins never with something"),
        (["weekly:3d"], "there is no policy"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_the_option_and_the_fix(texts: list[str], problem: str) -> None:
    with pytest.raises(UseCaseError, match=problem) as refused:
        parse(texts, step_s=DAY_S)
    assert str(refused.value).startswith("--policy: ")
    assert ";" in str(refused.value)
