"""The table of looked-up readings: one packed item per look-up and key.

A table of its own, not a part of window state: the delivery transform and the inbox of readings have no business with
window state, and ingestion, which both belong to, is deployed before it.
"""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lambdas.shared.lookup_keys import EXPIRY, PARTITION_KEY
from stacks.components.acknowledgement import acknowledge_rule


class LookupTable(dynamodb.Table):
    """Key ``reading_of``; items of look-ups with a ``max_age`` disappear when no event can ask for them any more."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, keep_data: bool) -> None:
        super().__init__(
            scope,
            id_,
            partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=dynamodb.AttributeType.STRING),
            time_to_live_attribute=EXPIRY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            deletion_protection=keep_data,
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
        self._key = key
        acknowledge_rule(
            self,
            "DynamoDBInBackupPlan",
            "Any second of the last 35 days can be restored, and every reading stays in the lake below lookups/.",
        )

    def grant_look_up_to(self, role: iam.Role) -> None:
        """Let a role read items by key."""
        self._grant(role, "dynamodb:BatchGetItem")

    def grant_fill_to(self, role: iam.Role) -> None:
        """Let a role read items and write them back."""
        self._grant(role, "dynamodb:BatchGetItem", "dynamodb:PutItem")

    def _grant(self, role: iam.Role, *actions: str) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=[self.table_arn]))
        self._key.grant(role, "kms:Decrypt")
