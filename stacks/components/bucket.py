"""The lake bucket: encrypted, versioned, closed to the public, with one lifecycle per prefix."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_rule, acknowledge_wildcard, exported
from stacks.components.encrypted_bucket import EncryptedBucket

_IA_DAYS, _GLACIER_DAYS = 30, 90


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """One folder of the lake and how long its objects are kept; ``expire_days`` None keeps them for good."""

    name: str
    expire_days: int | None
    tiered: bool = False
    """To Infrequent Access after 30 days, to Glacier Instant Retrieval, which queries can still read, after 90."""


PREFIXES = (
    Prefix(name="events/", expire_days=365, tiered=True),
    Prefix(name="features/", expire_days=365, tiered=True),
    Prefix(name="labels/", expire_days=365, tiered=True),
    Prefix(name="ground-truth/", expire_days=365, tiered=True),
    Prefix(name="labels-inbox/", expire_days=90),
    Prefix(name="labels-inbox-receipts/", expire_days=365),
    Prefix(name="events-inbox/", expire_days=90),
    Prefix(name="events-inbox-receipts/", expire_days=365),
    Prefix(name="events-inbox-notes/", expire_days=30),
    Prefix(name="feature-store/", expire_days=365, tiered=True),
    Prefix(name="capture/", expire_days=90),
    Prefix(name="training/", expire_days=90),
    Prefix(name="batch/", expire_days=90),
    Prefix(name="predictions/", expire_days=365, tiered=True),
    Prefix(name="asynchronous/", expire_days=30),
    Prefix(name="monitoring/", expire_days=365),
    Prefix(name="monitoring-plans/", expire_days=90),
    Prefix(name="monitoring-parts/", expire_days=30),
    Prefix(name="monitoring-baselines/", expire_days=None),
    Prefix(name="quarantine/", expire_days=90),
    Prefix(name="errors/", expire_days=90),
    Prefix(name="models/", expire_days=None),
    Prefix(name="decisions/", expire_days=None),
    Prefix(name="code/", expire_days=None),
)
LOOKUP_PREFIXES = (
    Prefix(name="lookups/", expire_days=365, tiered=True),
    Prefix(name="lookups-inbox/", expire_days=90),
    Prefix(name="lookups-inbox-receipts/", expire_days=365),
)
"""Of use cases that look something up."""


class LakeBucket(EncryptedBucket):
    """The bucket of the lake. Object events go to EventBridge, access logs to a bucket of their own."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        key: kms.IKey,
        removal_policy: RemovalPolicy,
        prefixes: Sequence[Prefix] = PREFIXES,
    ) -> None:
        self.access_logs = self._build_logs(scope, removal_policy)
        super().__init__(
            scope,
            id_,
            key=key,
            removal_policy=removal_policy,
            logs=self.access_logs,
            log_prefix="lake/",
            lifecycle_rules=[
                self._housekeeping(),
                *(self._lifecycle(prefix) for prefix in prefixes if prefix.expire_days),
            ],
        )
        self.key = key
        resource = self.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError("the default child of a bucket is its CloudFormation resource")
        # The L2 switch for this adds a custom resource with a Lambda of its own; the plain property does the same.
        resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)

    def grant_put_to(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role of another stack put objects below the given prefixes, each in one piece."""
        self._grant(role, ("s3:PutObject",), prefixes)
        self.key.grant(role, "kms:GenerateDataKey")

    def grant_write_to(self, role: iam.Role, *prefixes: str) -> None:
        """Let an AWS service, by a role of another stack, put objects there, large ones in parts.

        The key opens again what is put in parts, as S3 has to read the parts to join them.
        """
        self._grant(role, ("s3:PutObject", "s3:AbortMultipartUpload"), prefixes)
        self.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")

    def grant_read_of(self, role: iam.Role, *prefixes: str, versions: bool = False) -> None:
        """Let a role of another stack read and list objects below the given prefixes; ``versions``: older ones too."""
        self._grant(role, ("s3:GetObject", *(("s3:GetObjectVersion",) if versions else ())), prefixes)
        self.key.grant(role, "kms:Decrypt")
        self.grant_list_of(role, *prefixes)

    def grant_get_of(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role of another stack read objects below the given prefixes that it is told the keys of."""
        self._grant(role, ("s3:GetObject",), prefixes)
        self.key.grant(role, "kms:Decrypt")

    def grant_list_of(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role of another stack see which objects there are below the given prefixes."""
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
            )
        )

    def _grant(self, role: iam.Role, actions: Sequence[str], prefixes: Sequence[str]) -> None:
        objects = [self.arn_for_objects(f"{prefix}*") for prefix in prefixes]
        role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=objects))
        arn = exported(self, self.bucket_arn)
        for prefix in prefixes:
            acknowledge_wildcard(
                role, f"{arn}/{prefix}*", "Objects are named at run time; the grant ends at their folder."
            )

    @staticmethod
    def _build_logs(scope: Construct, removal_policy: RemovalPolicy) -> s3.Bucket:
        logs = s3.Bucket(
            scope,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            removal_policy=removal_policy,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="logs",
                    expiration=Duration.days(90),
                    noncurrent_version_expiration=Duration.days(7),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
        )
        acknowledge_rule(
            logs, "S3DefaultEncryptionKMS", "S3 delivers access logs only to buckets that it encrypts by SSE-S3."
        )
        return logs

    @staticmethod
    def _housekeeping() -> s3.LifecycleRule:
        return s3.LifecycleRule(
            id="housekeeping",
            abort_incomplete_multipart_upload_after=Duration.days(7),
            noncurrent_version_expiration=Duration.days(30),
            expired_object_delete_marker=True,
        )

    @staticmethod
    def _lifecycle(prefix: Prefix) -> s3.LifecycleRule:
        tiers = (
            (s3.StorageClass.INFREQUENT_ACCESS, _IA_DAYS),
            (s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, _GLACIER_DAYS),
        )
        moves = [s3.Transition(storage_class=tier, transition_after=Duration.days(days)) for tier, days in tiers]
        return s3.LifecycleRule(
            id=prefix.name.strip("/"),
            prefix=prefix.name,
            expiration=Duration.days(prefix.expire_days or 0),
            transitions=moves if prefix.tiered else None,
        )
