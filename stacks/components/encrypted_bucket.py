"""A bucket that keeps what is stored: encrypted with our key, versioned, private, TLS only, every access logged."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class EncryptedBucket(s3.Bucket):
    """A bucket for what matters; the access logs' own bucket is none, because S3 writes no logs under our key."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        key: kms.IKey,
        removal_policy: RemovalPolicy,
        logs: s3.IBucket,
        log_prefix: str,
        lifecycle_rules: Sequence[s3.LifecycleRule],
        locked: s3.ObjectLockRetention | None = None,
    ) -> None:
        """Build it.

        Args:
            scope: as for every construct.
            id_: as for every construct.
            key: encrypts every object.
            removal_policy: what becomes of it with its stack.
            logs: receives the access log, below ``log_prefix``.
            log_prefix: ends with a slash.
            lifecycle_rules: when objects go.
            locked: for how long no object may be changed or taken away.
        """
        super().__init__(
            scope,
            id_,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=removal_policy,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=log_prefix,
            object_lock_default_retention=locked,
            lifecycle_rules=[*lifecycle_rules],
        )
