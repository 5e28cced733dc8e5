"""What a Kinesis event source mapping sends: the function's event, and the document about a batch it gave up on.

Shapes: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-example.html and kinesis-on-failure-destination.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.clock import iso_timestamp
from local.emulator.ministack_kinesis import Record

_RECORD_OVERHEAD_BYTES = 600


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a batch comes from and who reads it."""

    stream_arn: str
    role_arn: str
    function_arn: str


def event_record(record: Record, source: Source) -> dict[str, Any]:
    """One member of ``Records``."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": record.sequence_number,
            "data": record.data,
            "approximateArrivalTimestamp": record.arrived_at,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{record.shard_id}:{record.sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": source.role_arn,
        "awsRegion": source.stream_arn.split(":")[3],
        "eventSourceARN": source.stream_arn,
    }


def within_payload(records: Sequence[Record], limit_bytes: int) -> list[Record]:
    """As many of the first records as fit an invocation; at least one."""
    size, taken = 0, list[Record]()
    for record in records:
        size += len(record.data) + len(record.partition_key) + _RECORD_OVERHEAD_BYTES
        if taken and size > limit_bytes:
            break
        taken.append(record)
    return taken


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """A batch that is not tried again. ``condition`` is RetryAttemptsExhausted or RecordAgeExceeded."""

    records: Sequence[Record]
    condition: str
    invocations: int
    request_id: str
    function_error: str = ""
    version: str = "$LATEST"


def failure_document(given_up: GivenUp, source: Source, now: float) -> dict[str, Any]:
    """The metadata document for an on-failure destination. The records themselves are not in it."""
    first, last = given_up.records[0], given_up.records[-1]
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": given_up.request_id,
            "functionArn": source.function_arn,
            "condition": given_up.condition,
            "approximateInvokeCount": given_up.invocations,
        }
    }
    if given_up.invocations:
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": given_up.version}
        if given_up.function_error:
            response["functionError"] = given_up.function_error
        document["responseContext"] = response
    document["version"] = "1.0"
    document["timestamp"] = iso_timestamp(now)
    document["KinesisBatchInfo"] = {
        "shardId": first.shard_id,
        "startSequenceNumber": first.sequence_number,
        "endSequenceNumber": last.sequence_number,
        "approximateArrivalOfFirstRecord": iso_timestamp(first.arrived_at),
        "approximateArrivalOfLastRecord": iso_timestamp(last.arrived_at),
        "batchSize": len(given_up.records),
        "streamArn": source.stream_arn,
    }
    return document
