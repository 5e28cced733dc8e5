"""A wish to go back that deployment refuses: the decision says what became of it, and may be made again."""

from dataclasses import replace

import pytest
import rollout_world
from reaction_world import ENDPOINT, World, envelope, own_event
from rollout_world import arn

from headrace.events import ModelDeployed, ModelRollbackRefused, ModelRollbackRequested
from headrace.usecase import Reaction
from usecases import load

FRAUD = replace(load("fraud"), reaction=Reaction())
DEPLOYED = ModelDeployed(
    usecase="fraud",
    stage="dev",
    at="2026-01-01T00:00:00Z",
    model_package_arn=arn(2),
    previous_model_package_arn=arn(1),
    endpoint_name=ENDPOINT,
)
ENDED = 1_767_229_200 + 300
"""Five minutes after one."""


def alarm(time: str) -> str:
    metric = {"namespace": "AWS/SageMaker", "name": "Errors", "dimensions": {"EndpointName": ENDPOINT}}
    detail = {
        "alarmName": "headrace-fraud-dev-endpoint-Errors",
        "state": {"value": "ALARM", "reason": "too many", "timestamp": time},
        "configuration": {"metrics": [{"id": "m", "metricStat": {"metric": metric}}]},
    }
    return envelope("aws.cloudwatch", "CloudWatch Alarm State Change", detail, time=time)


@pytest.fixture
def world() -> World:
    """Drift response after version 2 came into force and its endpoint alarmed at one."""
    made = World(FRAUD)
    for body in (own_event(DEPLOYED, time="2026-01-01T00:00:00Z"), alarm("2026-01-01T01:00:00Z")):
        made.handle(body)
    return made


@pytest.fixture
def refusal(world: World) -> ModelRollbackRefused:
    """What deployment says of it after the rollout of version 3 failed."""
    (wish,) = world.of(ModelRollbackRequested)
    other = rollout_world.World(2, slow=True)
    other.results(rollout_world.approval(3))
    other.results(other.finish("UPDATE_ROLLBACK_COMPLETE", at=ENDED))
    assert other.results(own_event(wish, time="2026-01-01T02:00:00Z")) == ["superseded"]
    (refused,) = [it for it in other.events if isinstance(it, ModelRollbackRefused)]
    return refused


def test_an_alarm_says_how_far_back_it_looks_and_a_window_speaks_of_its_own_time(world: World) -> None:
    (wish,) = world.of(ModelRollbackRequested)
    assert (wish.at, wish.evidence_from) == ("2026-01-01T01:00:00Z", "2026-01-01T00:45:00Z")


def test_the_decision_says_that_it_was_refused_and_why(world: World, refusal: ModelRollbackRefused) -> None:
    (wish,) = world.of(ModelRollbackRequested)
    assert refusal.decision_id == wish.decision_id in world.records
    for time in ("2026-01-01T02:00:01Z", "2026-01-01T02:00:09Z"):
        world.handle(own_event(refusal, time=time))
    assert world.outcomes == {wish.decision_id: f"refused {refusal.reason}"}
    assert sorted(world.actions()) == ["ignore", "ignore", "roll_back"]
    assert len(world.objects) == 3, "each decision is in the lake"


def test_a_later_alarm_of_the_model_in_force_may_ask_again(world: World, refusal: ModelRollbackRefused) -> None:
    world.handle(alarm("2026-01-01T01:10:00Z"))
    assert len(world.of(ModelRollbackRequested)) == 1, "it asks once"
    world.handle(own_event(refusal, time="2026-01-01T02:00:01Z"))
    world.handle(alarm("2026-01-01T02:30:00Z"))
    assert len(world.of(ModelRollbackRequested)) == 2
