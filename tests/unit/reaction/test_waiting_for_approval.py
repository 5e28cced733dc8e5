"""A model that waits for a person holds back the next training because of drift: told each time, and not for ever."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reaction_cases import DAY, START, react, usecase, window

from headrace.reaction import Deployed, Memory, Moment, Package, on_labels, on_package
from headrace.reaction.approval import MOST_PACKAGES, VERDICTS, noted

FAR = {"amount": 0.4}
MANUAL = usecase(attempts=9)
GROUP = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/"


def package(version: int, verdict: Any = "PendingManualApproval", *, since: int = START, later_s: int = 0) -> Package:
    return Package(version=version, verdict=verdict, since=since, at=since + later_s)


def heard(*news: Package, memory: Memory | None = None) -> Memory:
    known = memory or Memory()
    for it in news:
        known, decision = on_package(known, it)
        assert decision.action == "ignore"
    return known


def last(memory: Memory, *, nights: int = 3, first: int = 1, case: Any = MANUAL) -> Any:
    """The decision about the last of so many nights of drift."""
    return react(*(window(first + it, FAR) for it in range(nights)), memory=memory, case=case)[1][-1]


def test_while_a_model_waits_drift_is_told_with_its_name_and_trains_nothing() -> None:
    decision = last(heard(package(7)))
    assert decision.action == "notify"
    assert decision.reason.startswith("v7 waits for a person's approval since 2026-01-01T00:00:00Z; data quality is")


def test_it_is_told_again_with_every_night_of_drift_and_asks_for_no_training() -> None:
    memory, decisions = react(*(window(it, FAR) for it in range(1, 6)), memory=heard(package(7)), case=MANUAL)
    assert [it.action for it in decisions] == ["notify"] * 5
    assert not memory.requests
    assert not memory.running


@pytest.mark.parametrize("verdict", ["Approved", "Rejected"])
def test_a_persons_word_lets_the_next_one_train(verdict: str) -> None:
    assert last(heard(package(7), package(7, verdict, later_s=60))).action == "retrain"


def test_an_approval_that_was_taken_back_waits_again() -> None:
    held = heard(package(7), package(7, "Approved", later_s=60), package(7, later_s=90))
    assert "v7 waits" in last(held).reason


def test_a_word_that_never_reached_us_holds_back_no_longer_than_the_policy_says() -> None:
    forgotten = heard(package(7))
    assert last(forgotten, first=4).action == "notify"
    assert last(forgotten, first=5).action == "retrain"
    assert last(forgotten, first=1, case=usecase(approval_within="3d")).action == "retrain"


@pytest.mark.parametrize("jitter_s", [-3_600, -1, 0, 1, 3_600])
def test_no_second_decides_whether_the_wait_is_over(jitter_s: int) -> None:
    assert last(heard(package(7, since=START + 4_000 + jitter_s)), first=5).action == "retrain"


def test_a_rollout_that_was_told_makes_up_for_an_approval_that_was_not() -> None:
    serving = Memory(deployed=Deployed(arn=f"{GROUP}7", at=START - DAY))
    assert last(heard(package(7), memory=serving)).action == "retrain"
    assert last(heard(package(8), memory=serving)).action == "notify"


def test_of_two_that_wait_the_newer_is_named_and_a_newer_approval_overtakes_an_older_wait() -> None:
    both = heard(package(7), package(8, since=START + 60))
    assert last(both).reason.startswith("v8 waits")
    assert last(heard(package(8, "Rejected", since=START + 60, later_s=9), memory=both)).reason.startswith("v7 waits")
    assert last(heard(package(8, "Approved", since=START + 60, later_s=9), memory=both)).action == "retrain"


def test_where_the_platform_approves_nothing_is_held_back() -> None:
    assert last(heard(package(7)), case=usecase(promotion="automatic")).action == "retrain"


def test_files_of_labels_are_held_back_in_silence() -> None:
    case = usecase(new_labels=10)
    memory, decision = on_labels(heard(package(7)), 50, case, Moment(id="l", at=START + DAY))
    assert (decision.action, memory.new_labels) == ("ignore", 50)
    assert "v7 waits" in decision.reason
    later = on_labels(memory, 1, case, Moment(id="m", at=START + 8 * DAY))[1]
    assert later.action == "retrain"


NEWS = st.builds(package, st.integers(1, 4), st.sampled_from(VERDICTS), later_s=st.integers(0, 3))


@given(st.lists(NEWS, max_size=12), st.randoms())
def test_news_come_twice_and_in_any_order_and_leave_the_same_behind(news: list[Package], chance: Any) -> None:
    shuffled = [*news, *news]
    chance.shuffle(shuffled)
    assert heard(*shuffled).packages == heard(*news).packages


def test_few_versions_are_kept_and_read_back_as_written() -> None:
    many = heard(*(package(it, since=START + it) for it in range(40)))
    assert [it.version for it in many.packages] == list(range(40 - MOST_PACKAGES, 40))
    assert Memory.from_json(many.to_json()) == many
    before = replace(many, packages=())
    text = before.to_json().replace('"packages": [], ', "")
    assert "packages" not in text
    assert Memory.from_json(text) == before


def test_what_happened_in_one_second_ends_with_the_verdict() -> None:
    for verdict in ("Approved", "Rejected"):
        assert noted((package(1, verdict),), package(1))[0].verdict == verdict
