"""Scaling profiles: by requests, by processor, by backlog down to nothing, in steps and by the clock."""

from pathlib import Path
from typing import Any

import pytest
from endpoint_kinds import all_of, only, synthesized

from headrace.usecase import OffHours, Scaling, Serverless, Serving, Step
from stacks.components.endpoint_scaling_policy import ALARM_PREFIX

TARGET, POLICY = (f"AWS::ApplicationAutoScaling::{it}" for it in ("ScalableTarget", "ScalingPolicy"))
ALARM = "AWS::CloudWatch::Alarm"
BUSY = Serving(
    min_instances=5,
    max_instances=20,
    scaling=Scaling(
        follow="cpu",
        cpu_percent=60,
        steps=(Step(from_invocations=9_000, add=2), Step(from_invocations=12_000, add=6)),
        off_hours=OffHours(timezone="Europe/Berlin"),
    ),
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return synthesized(tmp_path_factory.mktemp("busy") / "assembly", BUSY)["endpoint"]


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    serving = Serving(kind="asynchronous", min_instances=0, max_instances=3)
    return synthesized(tmp_path_factory.mktemp("resting") / "assembly", serving)["endpoint"]


def _policies(body: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [it for it in all_of(body, POLICY) if it["PolicyType"] == kind]


def test_processor_load_is_followed_over_all_cores(busy: dict[str, Any]) -> None:
    (policy,) = _policies(busy, "TargetTrackingScaling")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (tracking["TargetValue"], tracking["ScaleOutCooldown"], tracking["ScaleInCooldown"]) == (60, 60, 300)
    metric = tracking["CustomizedMetricSpecification"]
    assert (metric["Namespace"], metric["MetricName"]) == ("/aws/sagemaker/Endpoints", "CPUUtilizationNormalized")
    assert {it["Name"] for it in metric["Dimensions"]} == {"EndpointName", "VariantName"}


def test_at_night_there_is_one_instance_and_in_the_morning_the_fleet_is_back(busy: dict[str, Any]) -> None:
    target = only(busy, TARGET)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (5, 20)
    night, day = target["ScheduledActions"]
    assert (night["Schedule"], day["Schedule"]) == ("cron(0 23 * * ? *)", "cron(0 6 * * ? *)")
    assert night["ScalableTargetAction"] == {"MinCapacity": 1, "MaxCapacity": 1}
    assert day["ScalableTargetAction"] == {"MinCapacity": 5, "MaxCapacity": 20}
    assert night["Timezone"] == day["Timezone"] == "Europe/Berlin"


def test_a_rush_adds_instances_in_steps_without_gap_or_overlap(busy: dict[str, Any]) -> None:
    (policy,) = _policies(busy, "StepScaling")
    configuration = policy["StepScalingPolicyConfiguration"]
    assert configuration["AdjustmentType"] == "ChangeInCapacity"
    assert configuration["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 3_000, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 3_000, "ScalingAdjustment": 6},
    ]
    (alarm,) = [it for it in all_of(busy, ALARM) if it["MetricName"] == "InvocationsPerInstance"]
    assert (alarm["Threshold"], alarm["Statistic"], alarm["Period"]) == (9_000, "Sum", 60)
    assert [list(it) for it in alarm["AlarmActions"]] == [["Ref"]]


def test_alarms_that_move_capacity_are_no_news_for_people(busy: dict[str, Any]) -> None:
    names = [it["AlarmName"] for it in all_of(busy, ALARM) if "AlarmActions" in it]
    assert names == [f"{ALARM_PREFIX}headrace-fraud-prod-steps"]
    rollback = busy["Resources"]["Endpoint"]["Properties"]["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert len(rollback["Alarms"]) == 2


def test_a_resting_fleet_follows_its_backlog_and_wakes_when_one_waits(resting: dict[str, Any]) -> None:
    assert only(resting, TARGET)["MinCapacity"] == 0
    (tracking,) = _policies(resting, "TargetTrackingScaling")
    metric = tracking["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert metric["MetricName"] == "ApproximateBacklogSizePerInstance"
    assert [it["Name"] for it in metric["Dimensions"]] == ["EndpointName"]
    (waking,) = _policies(resting, "StepScaling")
    assert waking["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    ]
    (alarm,) = [it for it in all_of(resting, ALARM) if it["MetricName"] == "HasBacklogWithoutCapacity"]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")


def test_what_nothing_keeps_warm_has_nothing_to_scale(tmp_path: Path) -> None:
    serving = Serving(kind="serverless", serverless=Serverless(provisioned=2))
    body = synthesized(tmp_path / "assembly", serving)["endpoint"]
    assert not all_of(body, TARGET)
    assert not all_of(body, POLICY)
