"""A DynamoDB table of the platform: encrypted, restorable, kept where the stage keeps data."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_rule


class KeyedTable(dynamodb.Table):
    """Items under one or two texts. It has no index, so its own ARN is all that a grant names."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        partition_key: str,
        sort_key: str | None = None,
        expiry: str | None = None,
        name: str | None = None,
        key: kms.IKey,
        keep_data: bool,
        besides: str,
    ) -> None:
        """Declare it.

        Args:
            scope: the stack.
            id_: the construct's id.
            partition_key: attribute.
            sort_key: attribute; None: items have none.
            expiry: the attribute that says when an item may go; None: none goes by itself.
            name: the table's; None: CloudFormation chooses.
            key: encrypts it.
            keep_data: whether it outlives its stack.
            besides: how its contents come back if not by AWS's restoring, as a sentence goes on after "and".
        """
        super().__init__(
            scope,
            id_,
            table_name=name,
            partition_key=_text(partition_key),
            sort_key=None if sort_key is None else _text(sort_key),
            time_to_live_attribute=expiry,
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
            self, "DynamoDBInBackupPlan", f"Any second of the last 35 days can be restored, and {besides}."
        )

    def grant_actions(self, role: iam.Role, *actions: str) -> None:
        """Let a role do these with the table, and read what is encrypted in it."""
        role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=[self.table_arn]))
        self._key.grant(role, "kms:Decrypt")


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
