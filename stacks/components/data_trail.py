"""Who read or wrote which object of the lake: CloudTrail's data events, kept where nobody can change them unseen."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.encrypted_bucket import EncryptedBucket
from stacks.components.log import LogGroup
from stacks.target import Target


class DataTrail(Construct):
    """A trail of one bucket's objects, encrypted and signed, to a bucket of its own and to a log group."""

    def __init__(
        self, scope: Construct, id_: str, *, target: Target, watched: s3.IBucket, logs: s3.IBucket, key: kms.Key
    ) -> None:
        """Build it.

        Args:
            watched: whose objects' reads and writes are recorded.
            logs: receives the access log of the trail's own bucket.
            key: encrypts the trail; its policy admits CloudTrail for this trail only.
        """
        super().__init__(scope, id_)
        days, name = target.stage.log_retention_days, f"{target.prefix}-data"
        arn = Stack.of(self).format_arn(service="cloudtrail", resource="trail", resource_name=name)
        trail = cloudtrail.Trail(
            self,
            "Trail",
            trail_name=name,
            bucket=self._build_bucket(logs, key, days=days, keep=target.stage.keep_data),
            encryption_key=key,
            enable_file_validation=True,
            is_multi_region_trail=False,
            include_global_service_events=False,
            management_events=cloudtrail.ReadWriteType.NONE,
            send_to_cloud_watch_logs=True,
            cloud_watch_log_group=LogGroup(self, "Log", key=key, retention_days=days),
        )
        trail.add_s3_event_selector([cloudtrail.S3EventSelector(bucket=watched)])
        self._admit(key, arn)

    def _build_bucket(self, logs: s3.IBucket, key: kms.IKey, *, days: int, keep: bool) -> s3.Bucket:
        return EncryptedBucket(
            self,
            "Bucket",
            key=key,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
            logs=logs,
            log_prefix="trail/",
            locked=s3.ObjectLockRetention.governance(Duration.days(days)) if keep else None,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="trail",
                    expiration=Duration.days(days),
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
        )

    @staticmethod
    def _admit(key: kms.Key, trail_arn: str) -> None:
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Trail",
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"],
                resources=["*"],  # in a key's own policy this means the key
                conditions={"StringEquals": {"aws:SourceArn": trail_arn}},
            )
        )
