"""Kinesis to Lambda against the running emulator: order, failures, destinations, checkpoints."""

import base64
import json
from typing import Any

import pytest
from local_account import Account, until

# Keeps every event it gets under seen/, then answers as the records themselves ask for.
RECORDER = """
import base64, json, os, time, boto3
s3 = boto3.client("s3")

def handler(event, context):
    records = event["Records"]
    data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in records]
    body = json.dumps({"event": event, "data": data})
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"seen/{time.time_ns()}", Body=body)
    if any(d.startswith("raise") for d in data):
        raise RuntimeError("asked to fail")
    bad = [r["kinesis"]["sequenceNumber"] for r, d in zip(records, data) if d.startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}
"""


class Consumer:
    """A stream with a recording function on it."""

    def __init__(self, account: Account, *, shards: int = 1, **mapping: Any) -> None:
        self._account = account
        self.bucket = account.bucket()
        self.stream, self.stream_arn = account.stream(shards)
        self.function_arn = account.function(RECORDER, BUCKET=self.bucket)
        self.uuid = ""
        if mapping.pop("connect", True):
            self.connect(**mapping)

    def connect(self, **mapping: Any) -> None:
        """Create the mapping."""
        options = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100, **mapping}
        created = self._account.client("lambda").create_event_source_mapping(
            FunctionName=self.function_arn, EventSourceArn=self.stream_arn, **options
        )
        self.uuid = created["UUID"]

    def put(self, *data: str, key: str = "k") -> list[str]:
        """Write records in one call; returns their sequence numbers."""
        answer = self._account.client("kinesis").put_records(
            StreamName=self.stream, Records=[{"Data": item.encode(), "PartitionKey": key} for item in data]
        )
        return [record["SequenceNumber"] for record in answer["Records"]]

    def batches(self) -> list[list[str]]:
        """The data of every invocation so far, in order."""
        return [json.loads(body)["data"] for body in self._account.objects(self.bucket, "seen/").values()]

    def events(self) -> list[dict[str, Any]]:
        """Every event so far, in order."""
        return [json.loads(body)["event"] for body in self._account.objects(self.bucket, "seen/").values()]

    def lag(self) -> int:
        """Records of this mapping's shards that are not done."""
        name = self.function_arn.rpartition(":")[2]
        shards = self._account.loop.idle()["event_source_mappings"]["shards"]
        mine = [shard for shard in shards if shard["function"] == name]
        return sum(shard["lag"] for shard in mine) if mine else -1

    def drained(self) -> None:
        """Wait until nothing is left to do."""
        until(lambda: self.lag() == 0)


def test_the_event_has_the_shape_that_lambda_sends(account: Account) -> None:
    consumer = Consumer(account)
    (number,) = consumer.put('{"a": 1}', key="customer-7")
    record = until(consumer.events)[0]["Records"][0]
    arrived = record["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrived, float)
    assert abs(arrived - account.loop.now()) < 30
    assert len(number) == 56
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "customer-7",
            "sequenceNumber": number,
            "data": base64.b64encode(b'{"a": 1}').decode(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": record["invokeIdentityArn"],
        "awsRegion": "eu-west-1",
        "eventSourceARN": consumer.stream_arn,
    }
    assert record["invokeIdentityArn"].startswith("arn:aws:iam::000000000000:role/role-")


def test_trim_horizon_reads_what_was_there_and_latest_does_not(account: Account) -> None:
    consumer = Consumer(account, connect=False)
    consumer.put("old")
    consumer.connect(StartingPosition="LATEST")
    consumer.put("new")
    until(consumer.batches)
    assert consumer.batches() == [["new"]]
    everything = Consumer(account, connect=False)
    everything.put("old")
    everything.connect()
    everything.put("new")
    everything.drained()
    assert [item for batch in everything.batches() for item in batch] == ["old", "new"]


def test_batches_hold_at_most_batch_size_records_in_order(account: Account) -> None:
    consumer = Consumer(account, connect=False)
    sent = [f"r{i}" for i in range(25)]
    consumer.put(*sent)
    consumer.connect(BatchSize=10)
    consumer.drained()
    assert consumer.batches() == [sent[:10], sent[10:20], sent[20:]]


def test_a_batching_window_gathers_records_until_somebody_flushes(account: Account) -> None:
    consumer = Consumer(account, MaximumBatchingWindowInSeconds=300)
    consumer.put("a")
    consumer.put("b")
    until(lambda: consumer.lag() == 2)
    assert consumer.batches() == []
    account.loop.flush()
    consumer.drained()
    assert consumer.batches() == [["a", "b"]]


def test_everything_from_the_lowest_failed_record_on_is_retried(account: Account) -> None:
    url, arn = account.queue()
    consumer = Consumer(
        account,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    numbers = consumer.put("ok1", "bad", "ok2")
    consumer.drained()
    assert consumer.batches() == [["ok1", "bad", "ok2"], ["bad", "ok2"]]
    (document,) = account.messages(url)
    assert document["KinesisBatchInfo"]["startSequenceNumber"] == numbers[1]
    assert document["KinesisBatchInfo"]["endSequenceNumber"] == numbers[2]


def test_bisecting_isolates_the_poison_and_its_document_names_it(account: Account) -> None:
    url, arn = account.queue()
    consumer = Consumer(
        account,
        connect=False,
    )
    numbers = consumer.put("a", "b", "raise", "c")
    consumer.connect(
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    consumer.drained()
    assert consumer.batches() == [["a", "b", "raise", "c"], ["a", "b"], ["raise", "c"], ["raise"], ["c"]]
    (document,) = account.messages(url)
    info = document.pop("KinesisBatchInfo")
    for key in ("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord"):
        assert info.pop(key).endswith("Z")
    assert info == {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": numbers[2],
        "endSequenceNumber": numbers[2],
        "batchSize": 1,
        "streamArn": consumer.stream_arn,
    }
    assert document.pop("timestamp").endswith("Z")
    assert document["requestContext"].pop("requestId")
    assert document == {
        "requestContext": {
            "functionArn": consumer.function_arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
    }


def test_an_s3_destination_gets_the_payload_too(account: Account) -> None:
    dead = account.bucket()
    consumer = Consumer(account, connect=False)
    (number,) = consumer.put("raise")
    consumer.connect(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{dead}"}})
    consumer.drained()
    ((key, body),) = account.objects(dead).items()
    assert key.startswith(f"aws/lambda/{consumer.uuid}/shardId-000000000000/20")
    payload = json.loads(json.loads(body)["payload"])
    assert payload["Records"][0]["kinesis"]["sequenceNumber"] == number


def test_records_too_old_are_given_up_without_an_invocation(account: Account) -> None:
    url, arn = account.queue()
    consumer = Consumer(account, connect=False)
    consumer.put("old")
    account.loop.advance(120)
    consumer.put("young")
    consumer.connect(MaximumRecordAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": arn}})
    consumer.drained()
    assert consumer.batches() == [["young"]]
    (document,) = account.messages(url)
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert document["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in document


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
