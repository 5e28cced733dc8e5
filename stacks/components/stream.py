"""A Kinesis stream: encrypted with our key, kept a week so that a stopped consumer or a redrive loses nothing."""

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.acknowledgement import acknowledge
from stacks.stage import Stage

RETENTION_H = 168


class EventStream(kinesis.Stream):
    """On demand, or with the stage's fixed count of shards."""

    def __init__(self, scope: Construct, id_: str, *, name: str, key: kms.IKey, stage: Stage) -> None:
        provisioned = stage.stream_mode == "provisioned"
        super().__init__(
            scope,
            id_,
            stream_name=name,
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=key,
            retention_period=Duration.hours(RETENTION_H),
            shard_count=stage.shards if provisioned else None,
            stream_mode=kinesis.StreamMode.PROVISIONED if provisioned else kinesis.StreamMode.ON_DEMAND,
        )
        acknowledge(
            self, {"AwsSolutions-KDS3": "Our own key, so that a key policy decides who reads, and rotation is ours."}
        )
