"""A function in the private subnets of a VPC: where it runs, and what its role needs for Lambda to put it there."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from pipelines.retraining.plan import Network
from stacks.components.acknowledgement import acknowledge_wildcard

_HELD = ("DeleteNetworkInterface", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")
_LOOK = ("DescribeNetworkInterfaces", "DescribeSubnets")


def enter_network(function: lambda_.Function, role: iam.Role, network: Network) -> None:
    """Put a function behind these groups into these subnets, and let its role have interfaces nowhere else."""
    resource = function.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        raise TypeError("the default child of a function is its CloudFormation resource")
    resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=[*network.subnets], security_group_ids=[*network.security_groups]
    )
    stack = Stack.of(function)
    interfaces = stack.format_arn(service="ec2", resource="network-interface", resource_name="*")
    places = [
        *(stack.format_arn(service="ec2", resource="subnet", resource_name=it) for it in network.subnets),
        *(
            stack.format_arn(service="ec2", resource="security-group", resource_name=it)
            for it in network.security_groups
        ),
    ]
    for names, resources in (
        (("CreateNetworkInterface",), [interfaces, *places]),
        (_HELD, [interfaces]),
        (_LOOK, ["*"]),  # they take no resource
    ):
        role.add_to_policy(iam.PolicyStatement(actions=[f"ec2:{name}" for name in names], resources=resources))
    acknowledge_wildcard(role, interfaces, "An interface is named when it is made; its subnet and group are given.")
