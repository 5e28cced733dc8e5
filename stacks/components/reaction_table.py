"""The reaction's table: decisions, what is remembered between them, requests that were heard, retraining's lock."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lambdas.drift_response.settings import ITEM, SUBJECT
from stacks.components.keyed_table import KeyedTable
from stacks.target import Target

_DECIDE = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


def reaction_table_name(target: Target) -> str:
    """Known before the table is: deployment, whose stack comes first, asks it whether promotion is frozen."""
    return f"{target.prefix}-reaction"


def grant_freeze(role: iam.Role, *, target: Target, key: kms.IKey) -> None:
    """Let a role of another stack ask whether promotion is frozen."""
    table = Stack.of(role).format_arn(service="dynamodb", resource="table", resource_name=reaction_table_name(target))
    role.add_to_policy(iam.PolicyStatement(sid="SeeFreeze", actions=["dynamodb:GetItem"], resources=[table]))
    key.grant(role, "kms:Decrypt")


class ReactionTable(KeyedTable):
    """Few and small items. Nothing in it expires: what was decided stays."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id_,
            name=reaction_table_name(target),
            partition_key=SUBJECT,
            sort_key=ITEM,
            key=key,
            keep_data=target.stage.keep_data,
            besides="the lake keeps every decision below decisions/",
        )

    def grant_decisions_to(self, role: iam.Role) -> None:
        """Let a role read and write items by key; a transaction needs the rights of its parts."""
        self.grant_actions(role, *_DECIDE)
