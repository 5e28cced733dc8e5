"""The reaction's table: decisions, what is remembered between them, requests that were heard, retraining's lock."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lambdas.drift_response.settings import ITEM, SUBJECT
from stacks.components.acknowledgement import acknowledge_rule
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


class ReactionTable(dynamodb.Table):
    """Few and small items. Nothing in it expires: what was decided stays."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, key: kms.IKey) -> None:
        keep_data = target.stage.keep_data
        super().__init__(
            scope,
            id_,
            table_name=reaction_table_name(target),
            partition_key=dynamodb.Attribute(name=SUBJECT, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=ITEM, type=dynamodb.AttributeType.STRING),
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
            "Any second of the last 35 days can be restored, and the lake keeps every decision below decisions/.",
        )

    def grant_decisions_to(self, role: iam.Role) -> None:
        """Let a role read and write items by key; a transaction needs the rights of its parts."""
        role.add_to_policy(iam.PolicyStatement(actions=[*_DECIDE], resources=[self.table_arn]))
        self._key.grant(role, "kms:Decrypt")
