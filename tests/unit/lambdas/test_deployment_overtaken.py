"""A program's wish to go back is about what it saw: a rollout since makes it void, and whoever had it is told so."""

import itertools
from datetime import UTC, datetime

import pytest
from rollout_world import World, approval, arn, rollback

from headrace.events import ModelRollbackRefused

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()


def wish(at: float, *, looks_back_s: float = 0.0, to: int = 1, away_from: int = 2, decision: str = "d-1") -> str:
    """What drift response asks for, having seen something at seconds after noon."""
    told = {"RolledBackModelPackageArn": arn(away_from), "DecisionId": decision}
    times = {"At": text(at), "EvidenceFrom": text(at - looks_back_s)}
    return rollback(to, **told, **times)


def text(after_noon: float) -> str:
    return datetime.fromtimestamp(NOON + after_noon, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def after_a_rollout(status: str, *, version: int = 3, serving: int = 2) -> World:
    """A world in which the rollout of a version over another ended at noon."""
    world = World(serving, slow=True)
    assert world.results(approval(version)) == ["started"]
    world.results(world.finish(status, at=NOON))
    world.events.clear()
    return world


def refused(world: World) -> list[ModelRollbackRefused]:
    return [it for it in world.events if isinstance(it, ModelRollbackRefused)]


@pytest.mark.parametrize(("at", "result"), [(-60, "superseded"), (0, "superseded"), (1, "started")])
def test_what_was_found_before_a_rollout_failed_does_not_cost_the_model_that_it_left_in_force(
    at: float, result: str
) -> None:
    world = after_a_rollout("UPDATE_ROLLBACK_COMPLETE")
    assert world.results(wish(at)) == [result]
    assert world.parameters["ModelPackageArn"] == arn(2 if result == "superseded" else 1)
    assert bool(refused(world)) is (result == "superseded")


@pytest.mark.parametrize(("at", "result"), [(60, "superseded"), (900, "superseded"), (901, "started")])
def test_an_alarm_that_looks_back_into_a_failed_rollout_is_about_its_model(at: float, result: str) -> None:
    world = after_a_rollout("UPDATE_ROLLBACK_COMPLETE")
    assert world.results(wish(at, looks_back_s=900)) == [result]


def test_an_alarm_soon_after_a_rollout_that_ended_well_is_about_the_model_that_came() -> None:
    world = after_a_rollout("UPDATE_COMPLETE")
    assert world.results(wish(60, looks_back_s=900, to=2, away_from=3)) == ["started"]
    assert not refused(world)


def test_a_model_that_came_back_meanwhile_is_not_the_one_that_did_badly_before() -> None:
    world = World(2, slow=True)
    for body, at in ((approval(3), NOON - 600), (rollback(2, RolledBackModelPackageArn=arn(3)), NOON)):
        assert world.results(body) == ["started"]
        world.results(world.finish(at=at))
    assert world.parameters["ModelPackageArn"] == arn(2)
    assert world.results(wish(-900)) == ["superseded"]
    assert world.results(wish(300)) == ["started"]


def test_who_asked_is_told_which_decision_was_refused_and_why() -> None:
    world = after_a_rollout("UPDATE_ROLLBACK_COMPLETE")
    world.results(wish(-60))
    (event,) = refused(world)
    assert (event.decision_id, event.at) == ("d-1", text(-60))
    assert (event.model_package_arn, event.rolled_back_model_package_arn) == (arn(1), arn(2))
    assert event.reason == "a rollout ended as UPDATE_ROLLBACK_COMPLETE at 2026-01-01T12:00:00Z, after what it rests on"


def test_during_a_rollout_and_after_another_model_came_it_is_told_as_well() -> None:
    world = World(2, slow=True)
    world.results(approval(3))
    assert world.results(wish(0)) == ["superseded"]
    world.results(world.finish(at=NOON + 60))
    assert world.results(wish(0, decision="d-2")) == ["superseded"]
    assert [(it.decision_id, it.reason) for it in refused(world)] == [
        ("d-1", "it was asked for during a rollout"),
        ("d-2", f"{arn(3)} is in force by now"),
    ]


def test_copies_of_a_refused_wish_say_the_same() -> None:
    world = after_a_rollout("UPDATE_ROLLBACK_COMPLETE")
    assert world.results(wish(-60), wish(-60)) == ["superseded"] * 2
    first, second = refused(world)
    assert first == second


def test_copies_of_a_wish_that_is_carried_out_wait_and_then_change_nothing() -> None:
    world = World(2, slow=True)
    assert world.results(wish(0)) == ["started"]
    assert world.results(wish(0)) == ["waiting"]
    world.results(world.finish(at=NOON + 300))
    assert world.results(wish(0)) == ["current"]
    assert world.updates == [arn(1)]
    assert not refused(world)


def test_a_wish_whose_own_rollout_failed_is_not_tried_again() -> None:
    world = World(2, slow=True)
    assert world.results(wish(0)) == ["started"]
    world.results(world.finish("UPDATE_ROLLBACK_COMPLETE", at=NOON + 300))
    assert world.results(wish(0)) == ["superseded"]
    assert world.updates == [arn(1)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_in_any_order_a_failed_rollout_and_wishes_from_before_it_leave_the_model_in_force(
    order: tuple[int, ...],
) -> None:
    world = World(2, slow=True)
    assert world.results(approval(3)) == ["started"]
    ending = world.finish("UPDATE_ROLLBACK_COMPLETE", at=NOON)
    bodies = [ending, wish(-60), wish(-60), wish(30, looks_back_s=900, decision="d-2")]
    for place in order:
        world.results(bodies[place])
    assert world.updates == [arn(3)]
    assert {it.decision_id for it in refused(world)} == {"d-1", "d-2"}


def test_a_persons_wish_and_one_that_does_not_say_when_are_carried_out() -> None:
    for body in (rollback(1, At=text(-60)), rollback(1, DecisionId="d-1", RolledBackModelPackageArn=arn(2))):
        world = after_a_rollout("UPDATE_ROLLBACK_COMPLETE")
        assert world.results(body) == ["started"]


def test_a_wish_whose_time_is_no_time_is_left_to_people() -> None:
    assert World(2).results(rollback(1, DecisionId="d-1", At="noon")) == ["blocked"]
