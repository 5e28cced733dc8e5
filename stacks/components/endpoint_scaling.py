"""Keeps invocations per instance and minute near what the use case says one instance bears."""

from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from stacks.components.endpoint import VARIANT, Endpoint
from stacks.target import Target

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_OUT_S, _IN_S = 60, 300


class EndpointScaling(Construct):
    """A scalable target without a role of its own: Application Auto Scaling brings its service-linked one."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, endpoint: Endpoint) -> None:
        super().__init__(scope, id_)
        serving = target.usecase.serving
        scalable = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension=_DIMENSION,
            resource_id=f"endpoint/{target.endpoint_name}/variant/{VARIANT}",
            min_capacity=target.min_instances,
            max_capacity=max(serving.max_instances, target.min_instances),
        )
        scalable.add_resource_dependency(endpoint.resource)
        autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{target.prefix}-invocations",
            policy_type="TargetTrackingScaling",
            scaling_target_id=scalable.ref,
            target_tracking_scaling_policy_configuration=_tracking(serving.invocations_per_instance_minute),
        )


def _tracking(
    invocations: int,
) -> autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty:
    return autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
        target_value=invocations,
        scale_out_cooldown=_OUT_S,
        scale_in_cooldown=_IN_S,
        predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
        ),
    )
