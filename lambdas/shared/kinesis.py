"""Lambda's Kinesis event becomes records."""

from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent

from lambdas.shared.stream import Record


def records(event: KinesisStreamEvent) -> list[Record]:
    """The records of one invocation, in shard order. Lambda never mixes shards in one invocation."""
    return [
        Record(
            shard_id=record.event_id.partition(":")[0],
            sequence_number=record.kinesis.sequence_number,
            arrived_at=record.kinesis.approximate_arrival_timestamp,
            data=record.kinesis.data_as_bytes(),
        )
        for record in event.records
    ]
