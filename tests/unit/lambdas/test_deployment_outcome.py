"""The end of an update: what serves decides, a model that fails is rejected for good, and everybody is told once."""

import json
from dataclasses import replace
from typing import Any

import pytest
from rollout_under_way import ALARM, deploying
from rollout_world import GROUP, STACK, World, approval, arn, ended

from headrace.events import ModelDeployed, ModelRolledBack
from lambdas.deployment.logic import Message, deploy_all
from lambdas.deployment.messages import Ended, Operation, read
from lambdas.deployment.ports import Update


def test_a_model_that_serves_is_announced_with_the_one_before() -> None:
    world = deploying()
    assert world.results(world.finish()) == ["deployed"]
    (event,) = world.events
    assert isinstance(event, ModelDeployed)
    assert (event.model_package_arn, event.previous_model_package_arn) == (arn(2), arn(1))
    assert (event.usecase, event.stage, event.at) == ("fraud", "dev", "2026-01-01T00:00:00Z")
    assert world.packages[arn(2)].approval == "Approved"


def test_news_that_are_told_again_speak_of_the_same_moment() -> None:
    world = deploying()
    end = world.finish()
    assert world.last is not None
    world.last = replace(world.last, at=1_767_229_200.0)
    world.results(end)
    (event,) = world.events
    assert event.at == "2026-01-01T01:00:00Z"


def test_the_first_model_has_none_before_it() -> None:
    world = World(slow=True)
    world.results(approval(1))
    world.results(world.finish())
    (event,) = world.events
    assert isinstance(event, ModelDeployed)
    assert event.previous_model_package_arn == ""


def test_a_model_that_was_rolled_back_is_rejected_with_the_reason_and_everybody_is_told() -> None:
    world = deploying()
    assert world.results(world.finish("UPDATE_ROLLBACK_COMPLETE", ALARM)) == ["rolled_back"]
    assert world.packages[arn(2)].approval == "Rejected"
    assert ALARM in world.reasons[arn(2)]
    (event,) = world.events
    assert isinstance(event, ModelRolledBack)
    assert (event.model_package_arn, event.rolled_back_model_package_arn) == (arn(1), arn(2))
    assert (event.trigger, event.reason) == ("rollout", world.reasons[arn(2)])


def test_copies_of_an_end_change_and_tell_nothing_more() -> None:
    world = deploying()
    end = world.finish("UPDATE_ROLLBACK_COMPLETE", ALARM)
    assert world.results(end, end) == ["rolled_back", "settled"]
    assert world.results(end) == ["settled"]
    assert world.told == ["Model Rolled Back"]


def test_an_endpoint_in_service_on_the_old_configuration_is_no_success() -> None:
    world = deploying()
    end = world.finish()
    world.served = "config-0"
    handled = deploy_all([Message("m", end)], world.function)
    assert (handled[0].result, handled[0].pages, handled[0].done) == ("diverged", True, True)
    assert world.packages[arn(2)].approval == "Rejected"
    assert "serves configuration config-0, the stack names config-1" in world.reasons[arn(2)]


def test_a_stack_without_configuration_has_deployed_nothing() -> None:
    world = deploying()
    end = world.finish()
    world.named = world.served = ""
    assert world.results(end) == ["diverged"]


def test_a_rollback_that_fails_pages_and_rejects() -> None:
    world = deploying()
    handled = deploy_all([Message("m", world.finish("UPDATE_ROLLBACK_FAILED", "no capacity"))], world.function)
    assert (handled[0].result, handled[0].pages, handled[0].done) == ("stuck", True, True)
    assert world.packages[arn(2)].approval == "Rejected"
    assert world.results(approval(3)) == ["blocked"]


def test_an_approval_that_comes_before_the_end_of_the_last_update_deals_with_it_and_pages() -> None:
    world = deploying()
    world.finish("UPDATE_ROLLBACK_FAILED", "no capacity")
    world.status = "UPDATE_ROLLBACK_COMPLETE"  # people mended the stack meanwhile
    handled = deploy_all([Message("m", approval(3))], world.function)
    assert (handled[0].result, handled[0].before, handled[0].pages) == ("started", "stuck", True)
    assert world.packages[arn(2)].approval == "Rejected"


def test_the_end_of_an_earlier_update_is_dealt_with_before_the_next_one_starts() -> None:
    world = deploying()
    late = world.finish("UPDATE_ROLLBACK_COMPLETE", ALARM)
    assert world.results(approval(3)) == ["started"]
    assert world.packages[arn(2)].approval == "Rejected"
    assert world.results(late) == ["waiting"], "the stack is busy again"
    assert world.results(world.finish(), late) == ["deployed", "settled"]
    assert world.told == ["Model Rolled Back", "Model Deployed"]


def test_an_end_that_the_stacks_events_do_not_show_yet_waits() -> None:
    world = deploying()
    end = world.finish()
    assert world.last is not None
    world.last = Update(world.last.token, "UPDATE_IN_PROGRESS")
    assert world.results(end) == ["waiting"]
    assert world.events == []


def test_a_stack_that_somebody_changed_by_hand_since_is_left_alone() -> None:
    world = deploying()
    end = world.finish()
    world.parameters["ModelPackageArn"] = arn(7)
    assert world.results(end) == ["settled"]
    assert world.events == []


@pytest.mark.parametrize(
    "body",
    [
        ended("deploy-2-after-1-" + "a" * 64, "UPDATE_IN_PROGRESS"),
        ended("Console-UpdateStack-7f59c3cf"),
        ended(""),
        ended("deploy-2-after-1-" + "a" * 64, stack=STACK.replace("endpoint", "endpoint-2")),
    ],
)
def test_other_stack_events_are_ignored(body: str) -> None:
    assert World(1).results(body) == ["ignored"]


def test_the_event_as_aws_documents_it_is_understood(aws_event: Any) -> None:
    sample = aws_event("cloudformation_stack_status_change.json")
    sample["detail"] |= {"client-request-token": "deploy-2-after-1-" + "a" * 64}
    sample["detail"]["status-details"]["status"] = "UPDATE_COMPLETE"
    found = read(json.dumps(sample), group=GROUP, stack_name="teststack")
    assert found == Ended("deploy-2-after-1-" + "a" * 64)


def test_a_token_tells_what_an_update_was_about() -> None:
    assert Operation.of("quality-2-after-13-" + "0" * 64) == Operation("quality", 2, 13)
    assert Operation.of("deploy-two") is None
