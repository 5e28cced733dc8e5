"""The right to put events of ours, and of nobody else, onto the account's default bus."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from headrace.events import SOURCE


def grant_announce(role: iam.Role) -> None:
    """Let a role put events whose source is ours onto the default bus of its own account and region."""
    bus = Stack.of(role).format_arn(service="events", resource="event-bus", resource_name="default")
    role.add_to_policy(
        iam.PolicyStatement(
            sid="TellEverybody",
            actions=["events:PutEvents"],
            resources=[bus],
            conditions={"StringEquals": {"events:source": SOURCE}},
        )
    )
