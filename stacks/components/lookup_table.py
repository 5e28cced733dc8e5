"""The table of looked-up readings: one packed item per look-up and key.

A table of its own, not a part of window state: the delivery transform and the inbox of readings have no business with
window state, and ingestion, which both belong to, is deployed before it.
"""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lambdas.shared.lookup_keys import EXPIRY, PARTITION_KEY
from stacks.components.keyed_table import KeyedTable


class LookupTable(KeyedTable):
    """Key ``reading_of``; items of look-ups with a ``max_age`` disappear when no event can ask for them any more."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, keep_data: bool) -> None:
        super().__init__(
            scope,
            id_,
            partition_key=PARTITION_KEY,
            expiry=EXPIRY,
            key=key,
            keep_data=keep_data,
            besides="every reading stays in the lake below lookups/",
        )

    def grant_look_up_to(self, role: iam.Role) -> None:
        """Let a role read items by key."""
        self.grant_actions(role, "dynamodb:BatchGetItem")

    def grant_fill_to(self, role: iam.Role) -> None:
        """Let a role read items and write them back."""
        self.grant_actions(role, "dynamodb:BatchGetItem", "dynamodb:PutItem")
