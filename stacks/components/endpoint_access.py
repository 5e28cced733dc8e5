"""The right to invoke the endpoint, which is known by its name only: it exists once the first model is approved."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam


def grant_invoke_endpoint(role: iam.Role, *, endpoint_name: str) -> None:
    """Let a role invoke the endpoint of that name in the role's own account and region."""
    endpoint = Stack.of(role).format_arn(service="sagemaker", resource="endpoint", resource_name=endpoint_name)
    role.add_to_policy(iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=[endpoint]))
