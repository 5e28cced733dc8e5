"""A Firehose that writes records to one folder of the lake as Parquet, partitioned by hour of arrival (UTC)."""

from aws_cdk import Duration, Size
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard
from stacks.components.bucket import LakeBucket
from stacks.components.function import Function
from stacks.components.log import LogGroup
from stacks.stage import Stage

BUFFER_MIB = 64
"""The smallest buffer that Firehose accepts with conversion to Parquet."""
TRANSFORM_BUFFER_MIB = 1
"""A transform's answer is at most 6 MB, and its records leave larger than they came."""
_HOUR = "dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/"


class ParquetDelivery(firehose.DeliveryStream):
    """Direct puts, or a stream when ``source`` is given; records pass through ``transform`` if there is one."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        table: glue.S3Table,
        folder: str,
        bucket: LakeBucket,
        stage: Stage,
        source: kinesis.IStream | None = None,
        transform: Function | None = None,
    ) -> None:
        role = iam.Role(scope, f"{id_}Role", assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"))
        log = LogGroup(scope, f"{id_}Log", key=bucket.key, retention_days=stage.log_retention_days)
        own_policy_only = role.without_policy_updates()  # the construct would grant the whole bucket
        super().__init__(
            scope,
            id_,
            role=own_policy_only,
            source=firehose.KinesisStreamSource(source) if source else None,
            # Records of a source stream are encrypted by the stream.
            encryption=None if source else firehose.StreamEncryption.customer_managed_key(bucket.key),
            destination=firehose.S3Bucket(
                bucket,
                role=own_policy_only,
                data_output_prefix=f"{folder}/{_HOUR}",
                error_output_prefix=f"errors/{folder}/!{{firehose:error-output-type}}/{_HOUR}",
                buffering_interval=Duration.seconds(stage.delivery_buffer_s),
                buffering_size=Size.mebibytes(BUFFER_MIB),
                encryption_key=bucket.key,
                logging_config=firehose.EnableLogging(log),
                data_format_conversion=_parquet(table),
                processors=[_processor(transform)] if transform else None,
            ),
        )
        self._grant(role, bucket, folder, table, log)
        if source:
            _grant_source(role, source)
            acknowledge(
                self,
                {"AwsSolutions-KDF1": "Records are encrypted by their source stream; Firehose allows no second layer."},
            )
        if transform:
            _grant_transform(role, transform)
        self.node.add_dependency(role.node.find_child("DefaultPolicy"))

    @staticmethod
    def _grant(role: iam.Role, bucket: LakeBucket, folder: str, table: glue.S3Table, log: logs.ILogGroup) -> None:
        bucket.grant_write_to(role, f"{folder}/", f"errors/{folder}/")
        bucket.grant_read_of(role, f"{folder}/", f"errors/{folder}/")
        log.grant_write(role)
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], resources=[bucket.bucket_arn]
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
                resources=[table.database.catalog.catalog_arn, table.database.database_arn, table.table_arn],
            )
        )


def _grant_source(role: iam.Role, source: kinesis.IStream) -> None:
    source.grant(role, "kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:ListShards")


def _grant_transform(role: iam.Role, transform: Function) -> None:
    transform.grant_invoke(role)
    versions = f"{transform.function_arn}:*"
    acknowledge_wildcard(role, versions, "Firehose calls a qualified ARN; the grant names one function.")


def _parquet(table: glue.S3Table) -> firehose.DataFormatConversionProps:
    return firehose.DataFormatConversionProps(
        input_format=firehose.InputFormat.OPENX_JSON,
        output_format=firehose.OutputFormat.PARQUET,
        schema_configuration=firehose.SchemaConfiguration.from_cfn_table(_resource(table)),
    )


def _resource(table: glue.S3Table) -> glue.CfnTable:
    resource = table.node.default_child or table.node.find_child("Table")
    if not isinstance(resource, glue.CfnTable):
        raise TypeError("a Glue table's child is its CloudFormation resource")
    return resource


def _processor(transform: Function) -> firehose.LambdaFunctionProcessor:
    return firehose.LambdaFunctionProcessor(
        transform, buffer_interval=Duration.seconds(60), buffer_size=Size.mebibytes(TRANSFORM_BUFFER_MIB), retries=3
    )
