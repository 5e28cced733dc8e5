"""Drift response dies at every call, hears all twice in any order: one training, nothing open, all recorded."""

import random
from dataclasses import replace

import pytest
from reaction_world import Faults, KilledError, World, drift, own_event

from headrace.events import DriftDetected, RetrainingFinished, RetrainingRequested
from headrace.usecase import Reaction
from usecases import load

USECASE = replace(load("fraud"), reaction=Reaction(persistence=3))
CALLS = 60
"""More than any story of these makes."""


def story(world: World) -> list[str]:
    """Three bad windows, one of them healthy in another column, and what is heard of them."""
    return [world.window(hour, drift("amount", 0.4), drift("hour", 0.05)) for hour in (1, 2, 3)]


def finished(request_id: str) -> RetrainingFinished:
    return RetrainingFinished(
        usecase="fraud",
        stage="dev",
        at="2026-01-01T04:00:00Z",
        request_id=request_id,
        trigger="drift",
        outcome="succeeded",
        execution_arn="arn:x",
        model_package_arn="arn:model/2",
    )


def deliver(world: World, messages: list[str]) -> None:
    """As a queue does: what fails comes again."""
    waiting = list(messages)
    for _ in range(len(messages) * 3):
        if not waiting:
            return
        body = waiting.pop(0)
        try:
            if not world.handle(body).done:
                waiting.append(body)
        except KilledError:
            waiting.append(body)
    raise AssertionError("the queue never ran dry")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(CALLS))
def test_killed_at_any_call_it_asks_for_one_training_and_leaves_nothing_open(at: int, after: bool) -> None:
    world = World(USECASE, Faults(at, after=after))
    deliver(world, story(world) * 2)
    (request,) = {it.request_id for it in world.of(RetrainingRequested)}
    deliver(world, [own_event(finished(request), time="2026-01-01T04:00:00Z")] * 2)
    assert sorted(world.actions()) == ["ignore", "notify", "notify", "retrain"]
    assert world.closed == world.records.keys()
    assert world.outcomes == {request: "succeeded arn:model/2"}
    assert not world.remembered.running
    lines = [key for key in world.objects if key.startswith("decisions/dt=2026-01-01/")]
    assert len(lines) == len(world.records)
    assert {it.decision_id for it in world.of(DriftDetected)} <= world.records.keys()


@pytest.mark.parametrize("seed", range(40))
def test_twice_and_shuffled_leads_to_one_training(seed: int) -> None:
    world = World(USECASE)
    messages = [*story(world), world.window(4, drift("amount", 0.4))] * 2
    random.Random(seed).shuffle(messages)  # noqa: S311  # an order, not a secret
    deliver(world, messages)
    (request,) = world.of(RetrainingRequested)
    assert request.trigger == "drift"
    assert world.actions().count("retrain") == 1
    assert len(world.records) == 4
    assert world.closed == world.records.keys()


@pytest.mark.parametrize("seed", range(10))
def test_shuffled_ends_of_trainings_leave_nothing_running(seed: int) -> None:
    world = World(USECASE)
    deliver(world, story(world))
    (request,) = world.of(RetrainingRequested)
    messages = [own_event(finished(request.request_id), time="2026-01-01T05:00:00Z")] * 2
    messages += [world.window(hour) for hour in (4, 5, 6)] * 2
    random.Random(seed).shuffle(messages)  # noqa: S311  # an order, not a secret
    deliver(world, messages)
    assert not world.remembered.running
    assert len(world.of(RetrainingRequested)) == 1


def test_the_chaos_reaches_every_call() -> None:
    world = World(USECASE)
    deliver(world, story(world) * 2)
    assert 20 < world.faults.calls < CALLS
