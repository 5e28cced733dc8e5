"""Kinesis to Lambda against the running emulator: order, failures, destinations, checkpoints."""

import base64
import json

from local_account import Account, until
from stream_consumer import Consumer


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
