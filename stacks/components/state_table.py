"""The table of window state: one packed item per entity and stream shard."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_rule

PARTITION_KEY, SORT_KEY, EXPIRY = "entity", "source", "expires_at"
_READ = ("dynamodb:Query", "dynamodb:BatchGetItem")
_WRITE = ("dynamodb:PutItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate")


class StateTable(dynamodb.Table):
    """Keys ``entity`` and ``source``; items disappear after ``expires_at``, when no window can see them any more."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, keep_data: bool) -> None:
        super().__init__(
            scope,
            id_,
            partition_key=_text(PARTITION_KEY),
            sort_key=_text(SORT_KEY),
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
            "Any second of the last 35 days can be restored, and headrace rebuild makes the state again from the lake.",
        )

    def grant_read_to(self, role: iam.Role) -> None:
        """Let a role query and read items. The table has no index, so its own ARN is enough."""
        self._grant(role, *_READ)

    def grant_fold_to(self, role: iam.Role) -> None:
        """Let a role read items and write them back."""
        self._grant(role, *_READ, *_WRITE)

    def _grant(self, role: iam.Role, *actions: str) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=[self.table_arn]))
        self._key.grant(role, "kms:Decrypt")


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
