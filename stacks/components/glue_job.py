"""The Glue job that builds training sets from the lake on Spark, its role, and how what it writes is encrypted."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard
from stacks.components.bucket import LakeBucket
from stacks.components.job_code import TrainingSetCode
from stacks.target import Target

GLUE_VERSION = "5.0"
"""Spark 3.5.4 on Python 3.11."""
WORKER_TYPE = "G.1X"
MOST_WORKERS = 10
TIMEOUT_MINUTES = 240
TRAINING_SET = "current"
"""The set that the job keeps up to date unless it is told another name: ``training/current/``."""
_READ, _WRITTEN = ("events/", "labels/", "training/"), "training/"


class TrainingSetRole(iam.Role):
    """What the job may do: read events and labels, write and clean up training sets, log, report metrics."""

    def __init__(self, scope: Construct, id_: str, *, bucket: LakeBucket) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal("glue.amazonaws.com"),
            description="Builds training sets from the lake",
        )
        bucket.grant_read_of(self, *_READ)
        bucket.grant_put_to(self, _WRITTEN)
        # Days that a set no longer covers go; the bucket keeps what went for its noncurrent versions' time.
        self.add_to_policy(
            iam.PolicyStatement(actions=["s3:DeleteObject"], resources=[bucket.arn_for_objects(f"{_WRITTEN}*")])
        )
        self._grant_telemetry()

    def _grant_telemetry(self) -> None:
        groups = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws-glue/jobs*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"]
        self.add_to_policy(iam.PolicyStatement(actions=actions, resources=[groups]))
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
            )
        )
        acknowledge_wildcard(self, groups, "Glue names the group after role and security configuration.")
        acknowledge(
            self, {"AwsSolutions-IAM5[Resource::*]": "PutMetricData takes no resource; the namespace is named."}
        )


class TrainingSetJob(Construct):
    """The job. Arguments given to a run win over those set here: ``--set``, ``--since``, ``--until`` and so on."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket) -> None:
        super().__init__(scope, id_)
        code = TrainingSetCode(self, "Code", usecase=target.usecase)
        role = TrainingSetRole(self, "Role", bucket=bucket)
        code.grant_read_to(role)
        self.name = target.training_set_job_name
        encryption = self._build_encryption(bucket)
        job = glue.CfnJob(
            self,
            "Job",
            name=self.name,
            description=f"Builds the training set on Spark: {target.usecase.description}",
            role=role.role_arn,
            command=glue.CfnJob.JobCommandProperty(name="glueetl", python_version="3", script_location=code.script),
            glue_version=GLUE_VERSION,
            worker_type=WORKER_TYPE,
            number_of_workers=MOST_WORKERS,
            execution_class="FLEX" if target.stage.spare_capacity else "STANDARD",
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            max_retries=0,  # who starts it decides; a second run goes on where the first one stopped
            timeout=TIMEOUT_MINUTES,
            security_configuration=encryption.ref,
            default_arguments=self._arguments(target, bucket, code),
        )
        job.node.add_dependency(role)

    def _build_encryption(self, bucket: LakeBucket) -> glue.CfnSecurityConfiguration:
        key, encrypted = bucket.key.key_arn, glue.CfnSecurityConfiguration
        return glue.CfnSecurityConfiguration(
            self,
            "Encryption",
            name=self.name,
            encryption_configuration=encrypted.EncryptionConfigurationProperty(
                s3_encryptions=[encrypted.S3EncryptionProperty(s3_encryption_mode="SSE-KMS", kms_key_arn=key)],
                cloud_watch_encryption=encrypted.CloudWatchEncryptionProperty(
                    cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=key
                ),
                job_bookmarks_encryption=encrypted.JobBookmarksEncryptionProperty(
                    job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=key
                ),
            ),
        )

    @staticmethod
    def _arguments(target: Target, bucket: LakeBucket, code: TrainingSetCode) -> dict[str, str]:
        return {
            "--job-language": "python",
            "--job-bookmark-option": "job-bookmark-disable",  # the set itself knows what it was built from
            "--enable-auto-scaling": "true",
            "--enable-metrics": "true",
            "--enable-continuous-cloudwatch-log": "true",
            "--extra-py-files": code.packages,
            "--usecase": target.usecase.name,
            "--lake": f"s3://{bucket.bucket_name}",
            "--set": TRAINING_SET,
        }
