"""The customer key that encrypts everything at rest, and who besides this account's roles may use it."""

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class EncryptionKey(kms.Key):
    """A rotated key. Roles of this account get their rights from their own policies; services are named here."""

    def __init__(self, scope: Construct, id_: str, *, removal_policy: RemovalPolicy) -> None:
        super().__init__(
            scope,
            id_,
            description=f"Encrypts the data of {Stack.of(scope).stack_name}",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
            removal_policy=removal_policy,
        )
        self._admit_logs()
        self._admit_publishers()

    def _admit_logs(self) -> None:
        stack = Stack.of(self)
        groups = stack.format_arn(
            service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroups",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
                resources=["*"],  # in a key's own policy this means the key
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )

    def _admit_publishers(self) -> None:
        """Rules and alarms of this account publish to encrypted topics and queues."""
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Publishers",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )


def grant_volumes(key: kms.IKey, role: iam.Role) -> None:
    """Let SageMaker, acting for a role, attach volumes that are encrypted with the key."""
    key.grant(role, "kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey")
    grant_attaching(key, role)


def grant_attaching(key: kms.IKey, role: iam.Role) -> None:
    """Let whoever asks for a job without naming its role have SageMaker attach its encrypted volumes."""
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["kms:CreateGrant"],
            resources=[key.key_arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
    )
