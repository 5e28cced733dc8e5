"""What deployment may do: change one parameter of the endpoint stack, and through CloudFormation what that entails."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from headrace.usecase import Serving
from lambdas.deployment.settings import RESOURCE_TYPES
from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard
from stacks.components.bus_access import grant_announce
from stacks.components.endpoint_scaling_policy import ALARM_PREFIX
from stacks.target import Target

_UNNAMED = "CloudFormation names it, and the right holds only for calls that CloudFormation makes on our update."
_VIA = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
_WITHOUT_RESOURCE = "X-Ray's writes, CloudWatch's reads and a look at scaling take no resource."
_SCALING = (
    "RegisterScalableTarget",
    "DeregisterScalableTarget",
    "PutScalingPolicy",
    "DeleteScalingPolicy",
    "PutScheduledAction",
    "DeleteScheduledAction",
)
_SEEING_SCALING = ("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions")
"""They take no resource."""


def grant_rollout(role: iam.Role, *, target: Target, model_role_arn: str, key_arn: str, concludes: bool = True) -> None:
    """Let a role update the endpoint stack to another model package, and nothing beyond.

    The request must name the stack's resource types, so that a changed template cannot bring others. Deleting the
    endpoint is not among the rights. Whoever ``concludes`` an update also looks at how it went, and tells everybody.
    """
    served = target.usecase.serving.kind != "batch"
    watching = ["DescribeStacks"]
    if concludes:
        watching += ["DescribeStackEvents", *(["ListStackResources"] if served else [])]
    stack = Stack.of(role)
    endpoint_stack = stack.format_arn(
        service="cloudformation", resource="stack", resource_name=f"{target.stack_name('endpoint')}/*"
    )
    role.add_to_policy(
        iam.PolicyStatement(
            sid="UpdateEndpointStack",
            actions=["cloudformation:UpdateStack"],
            resources=[endpoint_stack],
            # ForAllValues holds for a request without types too, so their presence is asked for as well.
            conditions={
                "ForAllValues:StringEquals": {"cloudformation:ResourceTypes": list(RESOURCE_TYPES)},
                "Null": {"cloudformation:ResourceTypes": "false"},
            },
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(actions=[f"cloudformation:{name}" for name in watching], resources=[endpoint_stack])
    )
    acknowledge_wildcard(role, endpoint_stack, "An ARN of a stack ends in an id that is known only after its creation.")
    _grant_judgement(role, target)
    if concludes:
        grant_announce(role)
        if served:
            _grant_look(role, target)
    _grant_through_cloudformation(role, target, model_role_arn, key_arn)


def grant_traffic(role: iam.Role) -> None:
    """Let a role see how many requests an endpoint got."""
    role.add_to_policy(
        iam.PolicyStatement(sid="CountRequests", actions=["cloudwatch:GetMetricStatistics"], resources=["*"])
    )
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": _WITHOUT_RESOURCE})


def _grant_look(role: iam.Role, target: Target) -> None:
    endpoint = Stack.of(role).format_arn(service="sagemaker", resource="endpoint", resource_name=target.endpoint_name)
    actions = ["sagemaker:DescribeEndpoint"]
    role.add_to_policy(iam.PolicyStatement(sid="SeeWhatServes", actions=actions, resources=[endpoint]))


def _grant_judgement(role: iam.Role, target: Target) -> None:
    packages = Stack.of(role).format_arn(
        service="sagemaker", resource="model-package", resource_name=f"{target.model_package_group_name}/*"
    )
    actions = ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"]
    role.add_to_policy(iam.PolicyStatement(sid="JudgePackages", actions=actions, resources=[packages]))
    acknowledge_wildcard(role, packages, "Versions of our one group, which are numbered as they are made.")


def _grant_through_cloudformation(role: iam.Role, target: Target, model_role_arn: str, key_arn: str) -> None:
    """What an update does where the stack has no service role of its own, as after a deployment without bootstrap."""
    serving = target.usecase.serving
    model = Stack.of(role).format_arn(service="sagemaker", resource="model", resource_name="*")
    _via(role, "sagemaker", ("CreateModel", "DeleteModel", "AddTags"), model)
    if serving.kind != "batch":
        _grant_endpoint(role, target, key_arn)
        _grant_alarms(role, f"{target.stack_name('endpoint')}-*")
    if _scales(serving):
        _grant_scaling(role, target)
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[model_role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}, **_VIA},
        )
    )
    acknowledge_wildcard(role, model, _UNNAMED)
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": _WITHOUT_RESOURCE})


def _scales(serving: Serving) -> bool:
    """Whether the endpoint stack may hold a scalable target."""
    if serving.kind == "serverless":
        return bool(serving.on_demand.most_provisioned)
    return serving.kind != "batch"


def _grant_endpoint(role: iam.Role, target: Target, key_arn: str) -> None:
    stack = Stack.of(role)
    config = stack.format_arn(service="sagemaker", resource="endpoint-config", resource_name="*")
    endpoint = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=target.endpoint_name)
    # An endpoint is made of a config: IAM asks for both.
    both = ("CreateEndpoint", "UpdateEndpoint", "AddTags")
    _via(role, "sagemaker", ("CreateEndpointConfig", "DeleteEndpointConfig", *both), config)
    _via(role, "sagemaker", both, endpoint)
    _via(role, "kms", ("CreateGrant", "DescribeKey"), key_arn)
    acknowledge_wildcard(role, config, _UNNAMED)


def _grant_alarms(role: iam.Role, names: str) -> None:
    alarms = Stack.of(role).format_arn(
        service="cloudwatch", resource="alarm", resource_name=names, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    _via(role, "cloudwatch", ("PutMetricAlarm", "DeleteAlarms", "DescribeAlarms"), alarms)
    acknowledge_wildcard(role, alarms, _UNNAMED)


def _grant_scaling(role: iam.Role, target: Target) -> None:
    """Application Auto Scaling, and the alarms that move the fleet."""
    scaling = Stack.of(role).format_arn(
        service="application-autoscaling", resource="scalable-target", resource_name="*"
    )
    _via(role, "application-autoscaling", _SEEING_SCALING, "*")
    _via(role, "application-autoscaling", _SCALING, scaling)
    _grant_alarms(role, f"{ALARM_PREFIX}{target.prefix}-*")
    acknowledge_wildcard(role, scaling, _UNNAMED)


def _via(role: iam.Role, service: str, names: Sequence[str], resource: str) -> None:
    """Let CloudFormation call these on our update, and nobody else."""
    actions = [f"{service}:{name}" for name in names]
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource], conditions=_VIA))
