"""What a role needs so that SageMaker may put its model into the subnets of a VPC."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from pipelines.retraining.plan import Network
from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard

_MAKE = ("CreateNetworkInterface", "CreateNetworkInterfacePermission")
_END = ("DeleteNetworkInterface", "DeleteNetworkInterfacePermission")
_LOOK = (
    "DescribeNetworkInterfaces",
    "DescribeVpcs",
    "DescribeDhcpOptions",
    "DescribeSubnets",
    "DescribeSecurityGroups",
)


def grant_network(role: iam.Role, network: Network) -> None:
    """Let a role make network interfaces in these subnets, behind these groups, and nowhere else."""
    stack = Stack.of(role)
    interfaces = stack.format_arn(service="ec2", resource="network-interface", resource_name="*")
    places = [
        *(stack.format_arn(service="ec2", resource="subnet", resource_name=it) for it in network.subnets),
        *(
            stack.format_arn(service="ec2", resource="security-group", resource_name=it)
            for it in network.security_groups
        ),
    ]
    for names, resources in ((_MAKE, [interfaces, *places]), (_END, [interfaces]), (_LOOK, ["*"])):
        role.add_to_policy(iam.PolicyStatement(actions=[f"ec2:{name}" for name in names], resources=resources))
    acknowledge_wildcard(role, interfaces, "An interface is named when it is made; its subnet and group are given.")
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "Describing what a VPC holds takes no resource."})
