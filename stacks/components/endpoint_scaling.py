"""What of an endpoint grows and shrinks: the instances of a fleet, or what a serverless endpoint keeps warm."""

from collections.abc import Sequence

from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from headrace.usecase import OffHours, Scaling, Serverless
from stacks.components.endpoint import VARIANT, Endpoint
from stacks.components.endpoint_scaling_policy import StepPolicy, tracking, waking
from stacks.target import Target

_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"


class EndpointScaling(Construct):
    """A scalable target without a role of its own: Application Auto Scaling brings its service-linked one."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, endpoint: Endpoint) -> None:
        super().__init__(scope, id_)
        self._target, self._endpoint = target, endpoint
        serving = target.usecase.serving
        if serving.can.instances:
            self._scale_instances(serving.profile)
        elif serving.on_demand.most_provisioned:
            self._scale_provisioned(serving.on_demand)

    def _scale_instances(self, profile: Scaling) -> None:
        serving, least = self._target.usecase.serving, self._target.min_instances
        most = max(serving.max_instances, least)
        scalable = self._scalable(_INSTANCES, least, most, _by_the_clock(profile.off_hours, least, most))
        self._policy(profile.follow, scalable, tracking(self._target, profile))
        if profile.steps:
            StepPolicy(self, "Steps", target=self._target, scalable=scalable, profile=profile)
        if serving.can.to_zero and least == 0:
            waking(self, "Waking", target=self._target, scalable=scalable)

    def _scale_provisioned(self, settings: Serverless) -> None:
        scalable = self._scalable(_PROVISIONED, settings.provisioned, settings.most_provisioned, [])
        metric = "SageMakerVariantProvisionedConcurrencyUtilization"
        specification = autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type=metric
        )
        share = settings.utilization_percent / 100
        configuration = autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=share, predefined_metric_specification=specification
        )
        self._policy("provisioned", scalable, configuration)

    def _scalable(
        self,
        dimension: str,
        least: int,
        most: int,
        scheduled: Sequence[autoscaling.CfnScalableTarget.ScheduledActionProperty],
    ) -> autoscaling.CfnScalableTarget:
        scalable = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension=dimension,
            resource_id=f"endpoint/{self._target.endpoint_name}/variant/{VARIANT}",
            min_capacity=least,
            max_capacity=most,
            scheduled_actions=scheduled or None,
        )
        scalable.add_resource_dependency(self._endpoint.resource)
        return scalable

    def _policy(
        self,
        name: str,
        scalable: autoscaling.CfnScalableTarget,
        configuration: autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty,
    ) -> None:
        autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{self._target.prefix}-{name}",
            policy_type="TargetTrackingScaling",
            scaling_target_id=scalable.ref,
            target_tracking_scaling_policy_configuration=configuration,
        )


def _by_the_clock(
    hours: OffHours | None, least: int, most: int
) -> list[autoscaling.CfnScalableTarget.ScheduledActionProperty]:
    if hours is None:
        return []
    return [
        autoscaling.CfnScalableTarget.ScheduledActionProperty(
            scheduled_action_name=name,
            schedule=at,
            timezone=hours.timezone,
            scalable_target_action=autoscaling.CfnScalableTarget.ScalableTargetActionProperty(
                min_capacity=low, max_capacity=high
            ),
        )
        for name, at, low, high in (
            ("off-hours", hours.start, hours.instances, hours.instances),
            ("day", hours.end, least, most),
        )
    ]
