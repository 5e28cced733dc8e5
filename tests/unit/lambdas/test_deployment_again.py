"""What comes after a rollback: approvals and wishes that are late, repeated, withdrawn or another's."""

import pytest
from rollout_under_way import ALARM, deploying
from rollout_world import World, approval, arn, rollback

from headrace.events import ModelRolledBack


@pytest.mark.parametrize("changed", ["t1", "t2"])
def test_a_late_approval_never_brings_a_rolled_back_model_again(changed: str) -> None:
    world = deploying()
    end = world.finish("UPDATE_ROLLBACK_COMPLETE", ALARM)
    assert world.results(approval(2, changed=changed)) == ["withdrawn"]
    assert world.results(end, approval(2, changed=changed)) == ["settled", "withdrawn"]
    assert world.updates == [arn(2)]


def test_a_person_may_approve_a_rolled_back_model_again() -> None:
    world = deploying()
    world.results(world.finish("UPDATE_ROLLBACK_COMPLETE", ALARM))
    world.packages[arn(2)] = type(world.packages[arn(2)])("Approved", world.packages[arn(2)].settled)
    assert world.results(approval(2, changed="t2")) == ["started"]
    assert world.results(world.finish()) == ["deployed"]


def test_a_model_of_which_the_approval_was_withdrawn_or_which_was_deleted_is_not_deployed() -> None:
    world = World(1)
    world.settle(arn(2), token="x", rejection="a person changed their mind")
    world.packages[arn(3)] = None  # type: ignore[assignment]  # the registry knows no such package
    assert world.results(approval(2), approval(3)) == ["withdrawn", "withdrawn"]
    assert world.updates == []


@pytest.mark.parametrize(("decision", "trigger"), [("d-1", "quality"), ("", "request")])
def test_a_model_that_is_brought_back_replaces_one_that_is_rejected(decision: str, trigger: str) -> None:
    world = World(3, slow=True)
    assert world.results(rollback(2, RolledBackModelPackageArn=arn(3), DecisionId=decision)) == ["started"]
    assert world.results(world.finish()) == ["deployed"]
    assert world.told == ["Model Deployed", "Model Rolled Back"]
    event = world.events[1]
    assert isinstance(event, ModelRolledBack)
    assert (event.rolled_back_model_package_arn, event.trigger) == (arn(3), trigger)
    assert world.results(approval(3)) == ["withdrawn"]


def test_a_late_copy_of_a_rollback_does_not_undo_what_came_after() -> None:
    assert World(4).results(rollback(2, RolledBackModelPackageArn=arn(3))) == ["superseded"]


def test_what_an_alarm_asks_for_during_a_rollout_does_not_outlast_it_but_a_persons_wish_does() -> None:
    world = deploying(3, deployed=2)
    told = {"RolledBackModelPackageArn": arn(2)}
    assert world.results(rollback(1, DecisionId="d-1", **told), rollback(1, **told)) == ["superseded", "waiting"]
    world.results(world.finish("UPDATE_ROLLBACK_COMPLETE", ALARM))
    assert world.parameters["ModelPackageArn"] == arn(2), "the model that the failed rollout left in force"
    assert world.results(rollback(1, **told)) == ["started"]
