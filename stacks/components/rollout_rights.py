"""What deployment may do: change one parameter of the endpoint stack, and through CloudFormation what that entails."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from lambdas.deployment.settings import RESOURCE_TYPES
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.target import Target

_UNNAMED = "CloudFormation names it, and the right holds only for calls that CloudFormation makes on our update."
_SCALING = (
    "RegisterScalableTarget",
    "DeregisterScalableTarget",
    "DescribeScalableTargets",
    "PutScalingPolicy",
    "DeleteScalingPolicy",
    "DescribeScalingPolicies",
)


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
    role.add_to_policy(iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[endpoint_stack]))
    acknowledge_wildcard(role, endpoint_stack, "An ARN of a stack ends in an id that is known only after its creation.")
    _grant_through_cloudformation(role, target, model_role_arn, key_arn)


def _grant_through_cloudformation(role: iam.Role, target: Target, model_role_arn: str, key_arn: str) -> None:
    """What an update does where the stack has no service role of its own, as after a deployment without bootstrap."""
    stack = Stack.of(role)
    unnamed = [
        stack.format_arn(service="sagemaker", resource=kind, resource_name="*") for kind in ("model", "endpoint-config")
    ]
    endpoint = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=target.endpoint_name)
    alarms = stack.format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=f"{target.stack_name('endpoint')}-*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    scaling = stack.format_arn(service="application-autoscaling", resource="scalable-target", resource_name="*")
    grants = {
        (*unnamed,): ("CreateModel", "DeleteModel", "CreateEndpointConfig", "DeleteEndpointConfig", "AddTags"),
        (endpoint,): ("CreateEndpoint", "UpdateEndpoint", "AddTags"),
    }
    statements = [([f"sagemaker:{name}" for name in names], list(arns)) for arns, names in grants.items()]
    statements += [
        (["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"], [alarms]),
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
    for arn in (*unnamed, alarms, scaling):
        acknowledge_wildcard(role, arn, _UNNAMED)
