"""A retraining whose tasks fail once, lose their answers, or fail for good: one training, one promotion, lock free."""

import json
from collections.abc import Callable

import pytest
from machine_world import GROUP, World
from ministack.services import stepfunctions
from synthesized import Synthesized, joined

STATES = (
    "Claim", "Lock", "Build training set", "Judge training set", "Look at judgement", "Find champion",
    "Describe champion", "Start", "Look", "Find registered", "Read freeze", "Approve", "Release", "Publish", "Tell",
)  # fmt: skip
MAKE = Callable[[], World]


@pytest.fixture
def make(local: Synthesized, monkeypatch: pytest.MonkeyPatch) -> MAKE:
    text = local.only("retraining", "AWS::StepFunctions::StateMachine")["DefinitionString"]
    definition = json.loads(joined(text))

    def world() -> World:
        made = World(definition, monkeypatch.setattr)
        made.approved.append(f"{GROUP}/1")
        return made

    return world


def test_a_run_goes_through_every_task_that_is_made_to_fail_here(make: MAKE) -> None:
    world = make()
    assert world.run("one")["status"] == "SUCCEEDED"
    assert tuple(dict.fromkeys(world.entered)) == STATES


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("state", STATES)
def test_a_task_that_fails_once_changes_nothing(make: MAKE, state: str, after: bool) -> None:
    world = make()
    world.fails[state], world.after = 1, after
    ended = world.run("one")
    assert world.fails[state] == 0
    assert ended["status"] == "SUCCEEDED", ended
    assert len(world.pipelines) == 1
    assert world.approved == [f"{GROUP}/1", f"{GROUP}/2"]
    assert world.item("lock", "current") is None
    assert {(it["RequestId"], it["Outcome"], it["ModelPackageArn"]) for it in world.said} == {
        ("r1", "succeeded", f"{GROUP}/2")
    }
    assert set(world.told) == {"Retraining headrace-fraud-local succeeded"}
    # The same request, delivered again.
    assert world.run("copy")["status"] == "SUCCEEDED"
    assert len(world.pipelines) == 1


@pytest.mark.parametrize("state", STATES[:12])
def test_a_task_that_fails_for_good_is_told_and_leaves_the_lock_free(make: MAKE, state: str) -> None:
    world = make()
    world.fails[state] = 100
    ended = world.run("one")
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert world.item("lock", "current") is None
    (said,) = world.said
    assert (said["Outcome"], said["Trigger"], said["Reason"]) == ("failed", "drift", "no answer")
    assert world.told == ["Retraining headrace-fraud-local failed"]
    world.fails.clear()
    assert world.run("next", RequestId="r2")["status"] == "SUCCEEDED"


def test_a_lock_that_could_not_be_released_holds_back_nobody(make: MAKE) -> None:
    world = make()
    world.fails["Release"] = 100
    assert world.run("one")["status"] == "SUCCEEDED"
    assert world.item("lock", "current") is not None
    world.fails.clear()
    assert world.run("two", RequestId="r2")["status"] == "SUCCEEDED"
    assert "Take over" in world.entered
    assert world.item("lock", "current") is None
    assert [it["RequestId"] for it in world.said] == ["r1", "r2"]


def test_a_holder_that_nobody_remembers_holds_nothing(make: MAKE) -> None:
    world = make()
    world.put("lock", "current", owner={"S": "arn:of:long:ago"})
    assert world.run("one")["status"] == "SUCCEEDED"


def test_while_another_runs_it_is_skipped_and_the_lock_stays_with_its_holder(make: MAKE) -> None:
    world = make()
    stepfunctions._executions["arn:other"] = {"status": "RUNNING"}
    world.put("lock", "current", owner={"S": "arn:other"})
    assert world.run("one")["status"] == "SUCCEEDED"
    assert [it["Outcome"] for it in world.said] == ["skipped"]
    assert not world.pipelines
    held = world.item("lock", "current")
    assert held is not None
    assert held["owner"] == {"S": "arn:other"}


def test_what_is_frozen_is_registered_and_not_approved(make: MAKE) -> None:
    world = make()
    world.put("memory", "current", frozen={"BOOL": True})
    assert world.run("one")["status"] == "SUCCEEDED"
    assert world.approved == [f"{GROUP}/1"]
    assert "frozen" in world.said[0]["Reason"]


def test_a_trigger_that_nobody_knows_is_called_manual_on_the_bus(make: MAKE) -> None:
    world = make()
    world.run("one", TriggerReason="a hunch")
    assert world.said[0]["Trigger"] == "manual"
