"""What deployment may do: change one parameter of the endpoint stack, and through CloudFormation what that entails."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from lambdas.deployment.settings import RESOURCE_TYPES
from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard
from stacks.components.bus_access import grant_announce
from stacks.components.endpoint_scaling_policy import ALARM_PREFIX
from stacks.target import Target

_UNNAMED = "CloudFormation names it, and the right holds only for calls that CloudFormation makes on our update."
_WITHOUT_RESOURCE = "X-Ray's writes, CloudWatch's reads and a look at scaling take no resource."
_WATCHING = ("DescribeStacks", "DescribeStackEvents", "ListStackResources")
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


def grant_rollout(role: iam.Role, *, target: Target, model_role_arn: str, key_arn: str) -> None:
    """Let a role update the endpoint stack to another model package, and nothing beyond.

    The request must name the stack's resource types, so that a changed template cannot bring others. Deleting the
    endpoint is not among the rights.
    """
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
        iam.PolicyStatement(actions=[f"cloudformation:{name}" for name in _WATCHING], resources=[endpoint_stack])
    )
    acknowledge_wildcard(role, endpoint_stack, "An ARN of a stack ends in an id that is known only after its creation.")
    _grant_conclusion(role, target)
    _grant_through_cloudformation(role, target, model_role_arn, key_arn)


def grant_traffic(role: iam.Role) -> None:
    """Let a role see how many requests an endpoint got."""
    role.add_to_policy(
        iam.PolicyStatement(sid="CountRequests", actions=["cloudwatch:GetMetricStatistics"], resources=["*"])
    )
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": _WITHOUT_RESOURCE})


def _grant_conclusion(role: iam.Role, target: Target) -> None:
    """What it takes to see how an update ended, to reject its package and to tell everybody."""
    stack = Stack.of(role)
    endpoint = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=target.endpoint_name)
    packages = stack.format_arn(
        service="sagemaker", resource="model-package", resource_name=f"{target.model_package_group_name}/*"
    )
    for sid, actions, resource in (
        ("SeeWhatServes", ["sagemaker:DescribeEndpoint"], endpoint),
        ("JudgePackages", ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"], packages),
    ):
        role.add_to_policy(iam.PolicyStatement(sid=sid, actions=actions, resources=[resource]))
    grant_announce(role)
    acknowledge_wildcard(role, packages, "Versions of our one group, which are numbered as they are made.")


def _grant_through_cloudformation(role: iam.Role, target: Target, model_role_arn: str, key_arn: str) -> None:
    """What an update does where the stack has no service role of its own, as after a deployment without bootstrap."""
    stack = Stack.of(role)
    model, config = (
        stack.format_arn(service="sagemaker", resource=kind, resource_name="*") for kind in ("model", "endpoint-config")
    )
    endpoint = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=target.endpoint_name)
    alarms = stack.format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=f"{target.stack_name('endpoint')}-*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    moving = stack.format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=f"{ALARM_PREFIX}{target.prefix}-*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    scaling = stack.format_arn(service="application-autoscaling", resource="scalable-target", resource_name="*")
    # An endpoint is made of a config: IAM asks for both.
    grants = {
        model: ("CreateModel", "DeleteModel", "AddTags"),
        config: ("CreateEndpointConfig", "DeleteEndpointConfig", "CreateEndpoint", "UpdateEndpoint", "AddTags"),
        endpoint: ("CreateEndpoint", "UpdateEndpoint", "AddTags"),
    }
    statements = [([f"sagemaker:{name}" for name in names], [arn]) for arn, names in grants.items()]
    statements += [
        ([f"application-autoscaling:{name}" for name in _SEEING_SCALING], ["*"]),
        (["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"], [alarms, moving]),
        ([f"application-autoscaling:{name}" for name in _SCALING], [scaling]),
        (["kms:CreateGrant", "kms:DescribeKey"], [key_arn]),
    ]
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
    for actions, resources in statements:
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=via))
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[model_role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}, **via},
        )
    )
    for arn in (model, config, alarms, moving, scaling):
        acknowledge_wildcard(role, arn, _UNNAMED)
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": _WITHOUT_RESOURCE})
