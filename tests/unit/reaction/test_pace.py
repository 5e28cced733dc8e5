"""Cooldown, budget and attempts count windows: whether a night trains does not hang on how long its monitor ran."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reaction_cases import DAY, START, usecase, window

from headrace.events import RetrainingFinished
from headrace.reaction import Memory, Moment, on_finding, on_finished, too_soon
from headrace.usecase import Reaction

FAR = {"amount": 0.4}
JITTER_S = st.lists(st.integers(0, 4 * 3_600), min_size=9, max_size=9)
"""How much longer after its window each night's document comes than the quickest."""


def nights_that_train(jitter_s: list[int], policy: Reaction) -> list[int]:
    """Nights of a lasting drift in which a training is asked for; each of them ends at once and does not help."""
    case, memory, trained = replace(usecase(), reaction=policy), Memory(), []
    for night, late_s in enumerate(jitter_s, start=1):
        found = window(night, FAR)
        memory, decision = on_finding(memory, found, case, Moment(id=str(night), at=found.at + 3_600 + late_s))
        if decision.action == "retrain":
            trained.append(night)
        ended = RetrainingFinished(
            usecase="fraud", stage="dev", at="2026-01-01T00:00:00Z", request_id=memory.running, trigger="drift",
            outcome="succeeded", execution_arn="arn",
        )  # fmt: skip
        memory, _ = on_finished(memory, ended)
    return trained


@settings(deadline=None)
@given(JITTER_S)
@pytest.mark.parametrize(("cooldown", "nights"), [("1h", [3, 4, 5]), ("1d", [3, 4, 5]), ("2d", [3, 5, 7])])
def test_which_nights_train_follows_from_the_cooldown_and_from_no_second(
    cooldown: str, nights: list[int], jitter_s: list[int]
) -> None:
    assert nights_that_train(jitter_s, Reaction(cooldown=cooldown)) == nights


def test_a_second_less_than_a_day_is_the_next_night_and_an_hour_later_is_the_same() -> None:
    case = usecase(cooldown="1d")
    assert too_soon([START], case, START + DAY - 1) == ""
    assert "cooldown of 1d" in too_soon([START], case, START + 3_600)


def test_windows_that_are_caught_up_on_together_train_once() -> None:
    case, memory, done = usecase(cooldown="1d"), Memory(), []
    for night in range(1, 7):
        at = START + 6 * DAY + night * 60
        memory, decision = on_finding(memory, window(night, FAR), case, Moment(id=str(night), at=at))
        memory = replace(memory, running="", running_since=0)
        done.append(decision.action)
    assert done.count("retrain") == 1


def test_shorter_windows_blur_the_cooldown_less() -> None:
    case = usecase(cooldown="1d")
    shorter = replace(case, monitor=replace(case.monitor, every="2h"))
    assert "cooldown of 1d" in too_soon([START], shorter, START + DAY - 3_601)
    assert too_soon([START], shorter, START + DAY - 3_600) == ""
