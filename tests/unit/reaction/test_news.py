"""What is no finding: alarms, ends of trainings, models that came and went, labels that came."""

from dataclasses import replace
from typing import Any

import pytest
from reaction_cases import START, USECASE, usecase

from headrace.events import ModelDeployed, ModelRollbackRefused, ModelRolledBack, RetrainingFinished
from headrace.reaction import (
    Alarm,
    Deployed,
    Memory,
    Moment,
    Request,
    on_alarm,
    on_deployed,
    on_finished,
    on_labels,
    on_refused,
    on_rolled_back,
    resumed,
)
from headrace.reaction.news import SETTLING_S

COMMON = {"usecase": "fraud", "stage": "dev", "at": "2026-01-01T00:00:00Z"}
GROUP = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/"
NOW = Moment(id="now", at=START)


def deployed(version: int, before: int) -> ModelDeployed:
    previous = f"{GROUP}{before}" if before else ""
    return ModelDeployed(
        **COMMON, model_package_arn=f"{GROUP}{version}", previous_model_package_arn=previous, endpoint_name="e"
    )


def rolled_back(to: int, away_from: int, trigger: str = "quality") -> ModelRolledBack:
    return ModelRolledBack(
        **COMMON,
        model_package_arn=f"{GROUP}{to}",
        rolled_back_model_package_arn=f"{GROUP}{away_from}",
        endpoint_name="e",
        trigger=trigger,
        reason="worse",
    )


def finished(outcome: str, request: str = "r") -> RetrainingFinished:
    return RetrainingFinished(**COMMON, request_id=request, trigger="drift", outcome=outcome, execution_arn="arn")


RUNNING = Memory(running="r", running_since=START, requests=(Request(id="r", at=START),))


@pytest.mark.parametrize("outcome", ["succeeded", "refused", "failed", "aborted"])
def test_a_training_that_ended_counts_as_an_attempt_and_frees_the_next(outcome: str) -> None:
    after, decision = on_finished(RUNNING, finished(outcome))
    assert (after.running, after.requests) == ("", RUNNING.requests)
    assert decision.action == ("notify" if outcome in ("failed", "aborted") else "ignore")


def test_a_training_that_was_skipped_does_not_count() -> None:
    assert on_finished(RUNNING, finished("skipped"))[0].requests == ()


def test_the_end_of_another_training_frees_nothing() -> None:
    assert on_finished(RUNNING, finished("succeeded", "another"))[0] == RUNNING


def test_a_model_in_force_is_watched_and_older_news_is_not_believed() -> None:
    memory, _ = on_deployed(Memory(), deployed(2, 1), START)
    assert memory.deployed == Deployed(arn=f"{GROUP}2", previous=f"{GROUP}1", at=START)
    assert on_deployed(memory, deployed(1, 0), START - 1)[0] == memory
    assert on_deployed(memory, deployed(2, 1), START + 1)[0] == memory
    following, _ = on_deployed(memory, deployed(3, 0), START + 1)
    assert following.deployed.previous == f"{GROUP}2"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_after_a_rollback_there_is_nothing_to_go_back_to_in_whichever_order_it_is_told(order: tuple[int, int]) -> None:
    memory, _ = on_deployed(Memory(), deployed(2, 1), START)
    news: list[Any] = [
        lambda known: on_deployed(known, deployed(1, 2), START + 9),
        lambda known: on_rolled_back(known, rolled_back(1, 2), START + 9),
    ]
    for number in order:
        memory, _ = news[number](memory)
    assert memory.deployed == Deployed(arn=f"{GROUP}1", at=START + 9)


def test_a_rollout_that_was_rolled_back_leaves_the_model_in_force_as_it_was() -> None:
    memory, _ = on_deployed(Memory(), deployed(2, 1), START)
    after, _ = on_rolled_back(memory, rolled_back(2, 3, "rollout"), START + 5)
    assert replace(after.deployed, spared_until=0) == memory.deployed
    assert on_rolled_back(memory, rolled_back(1, 2), START - 5)[0] == memory


@pytest.mark.parametrize(
    ("late_s", "action"), [(-3, "notify"), (0, "notify"), (SETTLING_S, "notify"), (SETTLING_S + 1, "roll_back")]
)
def test_an_alarm_about_a_rollout_that_was_rolled_back_does_not_cost_the_good_model(late_s: int, action: str) -> None:
    memory, _ = on_deployed(Memory(), deployed(2, 1), START)
    memory, _ = on_rolled_back(memory, rolled_back(2, 3, "rollout"), START + 60)
    alarm = Alarm(name="errors", alarming=True, about="endpoint", reason="too many")
    after, decision = on_alarm(memory, alarm, USECASE, Moment(id="a", at=START + 60 + late_s))
    assert (decision.action, decision.severity != "none") == (action, True)
    assert after.deployed.rolled_back is (action == "roll_back")
    assert Memory.from_json(after.to_json()) == after


def test_a_wish_that_was_dropped_in_a_rollout_may_come_again_after_it() -> None:
    memory, _ = on_deployed(Memory(), deployed(2, 1), START)
    alarm = Alarm(name="errors", alarming=True, about="endpoint")
    memory, first = on_alarm(memory, alarm, USECASE, Moment(id="a", at=START + 50))
    memory, _ = on_rolled_back(memory, rolled_back(2, 3, "rollout"), START + 60)
    _, again = on_alarm(memory, alarm, USECASE, Moment(id="b", at=START + 61 + SETTLING_S))
    assert [first.action, again.action] == ["roll_back", "roll_back"]


def test_a_wish_that_was_refused_may_come_again_of_the_model_that_it_was_about() -> None:
    memory, _ = on_deployed(Memory(), deployed(2, 1), START)
    alarm = Alarm(name="errors", alarming=True, about="endpoint")
    asked, _ = on_alarm(memory, alarm, USECASE, Moment(id="a", at=START + 50))
    news = ModelRollbackRefused(
        **COMMON,
        model_package_arn=f"{GROUP}1",
        rolled_back_model_package_arn=f"{GROUP}2",
        decision_id="a",
        reason="a rollout ended",
    )
    after, decision = on_refused(asked, news)
    assert (after, decision.action) == (memory, "ignore")
    assert "a rollout ended" in decision.reason
    assert on_refused(after, news)[0] == memory
    newer, _ = on_deployed(memory, deployed(3, 2), START + 60)
    asked_of_newer, _ = on_alarm(newer, alarm, USECASE, Moment(id="b", at=START + 70))
    assert on_refused(asked_of_newer, news)[0] == asked_of_newer


def test_news_of_an_older_rollout_shortens_nothing() -> None:
    memory, _ = on_deployed(Memory(), deployed(2, 1), START)
    later, _ = on_rolled_back(memory, rolled_back(2, 4, "rollout"), START + 90)
    assert on_rolled_back(later, rolled_back(2, 3, "rollout"), START + 60)[0] == later


def test_an_alarm_that_is_over_or_about_something_else_is_ignored() -> None:
    over = Alarm(name="a", alarming=False, about="endpoint")
    other = Alarm(name="a", alarming=True, about="other")
    assert {on_alarm(Memory(), it, USECASE, NOW)[1].action for it in (over, other)} == {"ignore"}


def test_labels_are_counted_until_they_are_enough_and_then_from_nought() -> None:
    case = usecase(new_labels=100)
    memory, first = on_labels(Memory(), 60, case, NOW)
    memory, second = on_labels(memory, 60, case, NOW)
    assert (first.action, second.action, memory.new_labels) == ("ignore", "retrain", 0)
    assert second.trigger == "new_labels"


def test_a_person_resumes_everything_but_what_is_in_force() -> None:
    held = Memory(halted="h", frozen="f", requests=RUNNING.requests, running="r", deployed=Deployed(arn="x", at=1))
    assert resumed(held) == Memory(deployed=Deployed(arn="x", at=1))
