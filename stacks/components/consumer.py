"""How a function reads a stream: in order, one batch per shard at a time, and never stuck behind one bad record."""

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components.function import Function
from stacks.components.queue import DeadLetterQueue, FailedBatches
from stacks.stage import Stage

_READ = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
RETRIES = 8
MAX_AGE_H = 24


class StreamConsumer(Construct):
    """Maps a stream to a function. ``dead_letters`` receives shard and sequence range of what failed for good."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stream: kinesis.IStream,
        function: Function,
        key: kms.IKey,
        stage: Stage,
        batch_size: int,
    ) -> None:
        super().__init__(scope, id_)
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", key=key)
        stream.grant(function, *_READ)
        key.grant(function, "kms:Decrypt")
        mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=function,
            event_source_arn=stream.stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=batch_size,
            max_batching_window=Duration.seconds(stage.batch_window_s),
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=RETRIES,
            max_record_age=Duration.hours(MAX_AGE_H),
            on_failure=FailedBatches(self.dead_letters),
            # One batch of a shard at a time: each item of window state then has exactly one writer.
            parallelization_factor=1,
        )
        mapping.node.add_dependency(function.own_role)
