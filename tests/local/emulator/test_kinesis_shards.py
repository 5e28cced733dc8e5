"""Shards, rights and limits of a stream against the running emulator."""

from typing import Any

import pytest
from local_account import Account, until
from stream_consumer import RECORDER, Consumer


def test_shards_are_read_at_the_same_time(account: Account) -> None:
    slow = "import time\ndef handler(event, context):\n    time.sleep(1.5)\n"
    stream, arn = account.stream(shards=4)
    function = account.function(slow)
    account.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, StartingPosition="TRIM_HORIZON"
    )
    quarter = 2**128 // 4
    for index in range(4):
        account.client("kinesis").put_record(
            StreamName=stream, Data=b"x", PartitionKey="k", ExplicitHashKey=str(index * quarter)
        )
    name = function.rpartition(":")[2]

    def busy() -> int:
        shards = account.loop.idle()["event_source_mappings"]["shards"]
        return sum(shard["lag"] for shard in shards if shard["function"] == name)

    until(lambda: busy() == 4)
    until(lambda: busy() == 0, timeout_s=5)  # one after the other would take six seconds


def test_a_disabled_mapping_goes_on_from_its_checkpoint(account: Account) -> None:
    consumer = Consumer(account)
    consumer.put("one")
    until(lambda: consumer.batches() == [["one"]])
    consumer.drained()
    account.client("lambda").update_event_source_mapping(UUID=consumer.uuid, Enabled=False)
    until(lambda: consumer.lag() == -1)
    consumer.put("two")
    account.client("lambda").update_event_source_mapping(UUID=consumer.uuid, Enabled=True)
    until(lambda: consumer.batches() == [["one"], ["two"]])


def test_a_split_shard_is_read_before_its_children(account: Account) -> None:
    consumer = Consumer(account, connect=False)
    consumer.put("before")
    account.client("kinesis").split_shard(
        StreamName=consumer.stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    consumer.put("after")
    consumer.connect()
    until(lambda: len(consumer.batches()) == 2)
    assert consumer.batches() == [["before"], ["after"]]
    shards = account.client("kinesis").list_shards(StreamName=consumer.stream)["Shards"]
    assert "EndingSequenceNumber" in shards[0]["SequenceNumberRange"]
    assert [shard.get("ParentShardId") for shard in shards] == [None, "shardId-000000000000", "shardId-000000000000"]


def test_a_function_that_may_not_read_the_stream_gets_nothing(account: Account) -> None:
    bucket = account.bucket()
    role = account.role([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}])
    function = account.function(RECORDER, role=role, BUCKET=bucket)
    stream, arn = account.stream()
    created = account.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, StartingPosition="TRIM_HORIZON"
    )
    account.client("kinesis").put_record(StreamName=stream, Data=b"x", PartitionKey="k")

    def problem() -> str:
        mapping = account.client("lambda").get_event_source_mapping(UUID=created["UUID"])
        return mapping["LastProcessingResult"] if "PROBLEM" in mapping["LastProcessingResult"] else ""

    assert "kinesis:GetRecords" in until(problem)
    account.client("lambda").delete_event_source_mapping(UUID=created["UUID"])
    assert account.objects(bucket) == {}


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([{"Data": b"x" * (1024 * 1024), "PartitionKey": "k"}], "InvalidArgumentException"),
        ([{"Data": b"x", "PartitionKey": "k"}] * 501, "ValidationException"),
        ([{"Data": b"x" * 1_000_000, "PartitionKey": "k"}] * 11, "InvalidArgumentException"),
        ([{"Data": b"x", "PartitionKey": "k" * 257}], "ValidationException"),
    ],
)
def test_what_breaks_a_limit_is_refused(account: Account, records: list[dict[str, Any]], code: str) -> None:
    stream, _arn = account.stream()
    kinesis = account.client("kinesis")
    with pytest.raises(kinesis.exceptions.ClientError) as refused:
        kinesis.put_records(StreamName=stream, Records=records)
    assert refused.value.response["Error"]["Code"] == code


def test_a_record_of_exactly_one_mebibyte_is_taken(account: Account) -> None:
    stream, _arn = account.stream()
    account.client("kinesis").put_record(StreamName=stream, Data=b"x" * (1024 * 1024 - 1), PartitionKey="k")
