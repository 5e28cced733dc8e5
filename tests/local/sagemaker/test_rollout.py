"""Guardrails of a rollout are checked as AWS checks them, and shares rise to the whole traffic."""

from typing import Any

import pytest

from local.sagemaker import rollout
from local.sagemaker.errors import ValidationError


def deployment(kind: str, **more: Any) -> dict[str, Any]:
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": kind, **more}}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def config(*names: str) -> dict[str, Any]:
    return {"ProductionVariants": [{"VariantName": name, "InitialInstanceCount": 4} for name in names]}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [1.0]),
        (deployment("ALL_AT_ONCE"), [1.0]),
        (deployment("CANARY", CanarySize=percent(10)), [0.1, 1.0]),
        (deployment("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), [0.25, 1.0]),
        (deployment("LINEAR", LinearStepSize=percent(25)), [0.25, 0.5, 0.75, 1.0]),
        (deployment("LINEAR", LinearStepSize=percent(50)), [0.5, 1.0]),
    ],
)
def test_the_share_of_the_new_fleet_rises_to_everything(asked: dict[str, Any], expected: list[float]) -> None:
    assert list(rollout.shares(asked, instances=4)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("asked", "new", "message"),
    [
        (deployment("CANARY"), config("A"), "CanarySize must be provided"),
        (deployment("CANARY", CanarySize=percent(60)), config("A"), "at most 50 percent"),
        (deployment("LINEAR", LinearStepSize=percent(5)), config("A"), "at least 10"),
        (deployment("CANARY", CanarySize=percent(10)), config("B"), "same variant names"),
    ],
)
def test_a_rollout_that_aws_would_refuse_is_refused(asked: dict[str, Any], new: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        rollout.require_valid(asked, config("A"), new)


def test_a_step_bakes_for_its_wait_and_the_last_for_the_termination_wait() -> None:
    asked = deployment("CANARY", CanarySize=percent(10), WaitIntervalInSeconds=300)
    asked["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] = 60
    assert rollout.wait_s(asked, last=False) == 300
    assert rollout.wait_s(asked, last=True) == 60
