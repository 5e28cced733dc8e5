"""How a new model takes over: blue/green, in the stage's steps, back on alarm."""

from collections.abc import Sequence

from aws_cdk import aws_sagemaker as sagemaker

from stacks.components.alarm import Alarm
from stacks.stage import Rollout, Stage

LONGEST_ROLLOUT_S = 5_400
"""Beyond the bakes of a linear rollout and the start of its instances; then SageMaker gives up and rolls back."""
_STEP_PERCENT = {"canary": 10, "linear": 25}


def guardrails(stage: Stage, *, steps: bool, alarms: Sequence[Alarm]) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    """The deployment configuration.

    Args:
        stage: says how carefully.
        steps: whether there is traffic to move and a fleet of at least two to move it over; else all at once.
        alarms: any of them in alarm brings the old fleet back.
    """
    rollout: Rollout = stage.rollout if steps else "all_at_once"
    step = None
    if rollout != "all_at_once":
        step = sagemaker.CfnEndpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=_STEP_PERCENT[rollout])
    routing = sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
        type=rollout.upper(),
        wait_interval_in_seconds=stage.rollout_bake_s,
        canary_size=step if rollout == "canary" else None,
        linear_step_size=step if rollout == "linear" else None,
    )
    return sagemaker.CfnEndpoint.DeploymentConfigProperty(
        blue_green_update_policy=sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=routing,
            termination_wait_in_seconds=stage.rollout_bake_s,
            maximum_execution_timeout_in_seconds=LONGEST_ROLLOUT_S,
        ),
        auto_rollback_configuration=sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
            alarms=[sagemaker.CfnEndpoint.AlarmProperty(alarm_name=alarm.alarm_name) for alarm in alarms]
        ),
    )
