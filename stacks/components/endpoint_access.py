"""The right to invoke the endpoint, which is known by its name only: it exists once the first model is approved."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from headrace.usecase import Kind


def grant_invoke_endpoint(role: iam.Role, *, endpoint_name: str, kind: Kind = "realtime") -> None:
    """Let a role invoke the endpoint of that name in the role's own account and region, in the way of its kind."""
    endpoint = Stack.of(role).format_arn(service="sagemaker", resource="endpoint", resource_name=endpoint_name)
    action = "InvokeEndpointAsync" if kind == "asynchronous" else "InvokeEndpoint"
    role.add_to_policy(iam.PolicyStatement(actions=[f"sagemaker:{action}"], resources=[endpoint]))
