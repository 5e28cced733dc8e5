"""The table of window state: one packed item per entity and stream shard."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.keyed_table import KeyedTable

PARTITION_KEY, SORT_KEY, EXPIRY = "entity", "source", "expires_at"
_READ = ("dynamodb:Query", "dynamodb:BatchGetItem")
_WRITE = ("dynamodb:PutItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate")


class StateTable(KeyedTable):
    """Keys ``entity`` and ``source``; items disappear after ``expires_at``, when no window can see them any more."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, keep_data: bool) -> None:
        super().__init__(
            scope,
            id_,
            partition_key=PARTITION_KEY,
            sort_key=SORT_KEY,
            expiry=EXPIRY,
            key=key,
            keep_data=keep_data,
            besides="headrace rebuild makes the state again from the lake",
        )

    def grant_read_to(self, role: iam.Role) -> None:
        """Let a role query and read items."""
        self.grant_actions(role, *_READ)

    def grant_fold_to(self, role: iam.Role) -> None:
        """Let a role read items and write them back."""
        self.grant_actions(role, *_READ, *_WRITE)
