"""The policies that move a fleet: follow a figure, take steps in a rush, wake from no instance at all."""

from itertools import pairwise

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from headrace.usecase import Scaling
from stacks.components.endpoint_fleet import VARIANT
from stacks.target import Target

ALARM_PREFIX = "scaling-"
"""Alarms that move capacity begin with it and not with the target's own prefix: they are no news for people."""
_POLICY = autoscaling.CfnScalingPolicy


def tracking(target: Target, profile: Scaling) -> _POLICY.TargetTrackingScalingPolicyConfigurationProperty:
    """Keep the profile's figure near its target: out after a minute, in after five, unless it says otherwise."""
    predefined, customized = None, None
    match profile.follow:
        case "invocations":
            value: float = target.usecase.serving.invocations_per_instance_minute
            predefined = _POLICY.PredefinedMetricSpecificationProperty(
                predefined_metric_type="SageMakerVariantInvocationsPerInstance"
            )
        case "cpu":
            value = profile.cpu_percent
            # The other metric, CPUUtilization, is the sum over cores.
            customized = _customized(
                "CPUUtilizationNormalized",
                "/aws/sagemaker/Endpoints",
                EndpointName=target.endpoint_name,
                VariantName=VARIANT,
            )
        case "backlog":
            value = profile.backlog_per_instance
            customized = _customized(
                "ApproximateBacklogSizePerInstance", "AWS/SageMaker", EndpointName=target.endpoint_name
            )
    return _POLICY.TargetTrackingScalingPolicyConfigurationProperty(
        target_value=value,
        scale_out_cooldown=profile.out_s,
        scale_in_cooldown=profile.in_s,
        predefined_metric_specification=predefined,
        customized_metric_specification=customized,
    )


class StepPolicy(Construct):
    """Adds instances at once when each instance has much more to do than it should."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        scalable: autoscaling.CfnScalableTarget,
        profile: Scaling,
    ) -> None:
        super().__init__(scope, id_)
        first = profile.steps[0].from_invocations
        starts = [float(step.from_invocations - first) for step in profile.steps]
        ends = [*(high for _, high in pairwise(starts)), None]
        metric = cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name="InvocationsPerInstance",
            dimensions_map={"EndpointName": target.endpoint_name, "VariantName": VARIANT},
            statistic="Sum",  # the only one that it has
        )
        steps = [
            _POLICY.StepAdjustmentProperty(
                scaling_adjustment=step.add, metric_interval_lower_bound=low, metric_interval_upper_bound=high
            )
            for step, low, high in zip(profile.steps, starts, ends, strict=True)
        ]
        _stepwise(
            self, name=f"{target.prefix}-steps", scalable=scalable, metric=metric, threshold=first, steps=steps,
            cooldown_s=profile.out_s,
        )  # fmt: skip


def waking(scope: Construct, id_: str, *, target: Target, scalable: autoscaling.CfnScalableTarget) -> None:
    """Bring the first instance when requests wait and there is none: a backlog per instance has no value then."""
    metric = cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name="HasBacklogWithoutCapacity",
        dimensions_map={"EndpointName": target.endpoint_name},
        statistic="Average",
    )
    steps = [_POLICY.StepAdjustmentProperty(scaling_adjustment=1, metric_interval_lower_bound=0)]
    _stepwise(
        Construct(scope, id_), name=f"{target.prefix}-waking", scalable=scalable, metric=metric, threshold=1,
        steps=steps, cooldown_s=300,
    )  # fmt: skip


def _stepwise(
    scope: Construct,
    *,
    name: str,
    scalable: autoscaling.CfnScalableTarget,
    metric: cloudwatch.Metric,
    threshold: float,
    steps: list[_POLICY.StepAdjustmentProperty],
    cooldown_s: int,
) -> None:
    policy = _POLICY(
        scope,
        "Policy",
        policy_name=name,
        policy_type="StepScaling",
        scaling_target_id=scalable.ref,
        step_scaling_policy_configuration=_POLICY.StepScalingPolicyConfigurationProperty(
            adjustment_type="ChangeInCapacity",
            cooldown=cooldown_s,
            metric_aggregation_type="Average",
            step_adjustments=steps,
        ),
    )
    alarm = cloudwatch.Alarm(
        scope,
        "Alarm",
        alarm_name=f"{ALARM_PREFIX}{name}",
        metric=metric.with_(period=Duration.minutes(1)),
        threshold=threshold,
        evaluation_periods=1,
        alarm_description="Moves capacity; nobody needs to look",
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.MISSING,
    )
    alarm.node.default_child.alarm_actions = [policy.ref]  # type: ignore[union-attr]  # it is a CfnAlarm


def _customized(name: str, namespace: str, **dimensions: str) -> _POLICY.CustomizedMetricSpecificationProperty:
    return _POLICY.CustomizedMetricSpecificationProperty(
        metric_name=name,
        namespace=namespace,
        statistic="Average",
        dimensions=[_POLICY.MetricDimensionProperty(name=key, value=value) for key, value in dimensions.items()],
    )
