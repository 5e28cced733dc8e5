"""What Firehose survives and refuses: an absent bucket, missing rights, wrong definitions, large calls."""

from typing import Any

import pytest
from delivery import Delivery
from local_account import Account, until


def test_nothing_is_lost_while_the_bucket_is_away(account: Account) -> None:
    delivery = Delivery(account, BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60})
    s3 = account.client("s3")
    s3.delete_bucket(Bucket=delivery.bucket)
    delivery.put("precious\n")
    account.loop.advance(61)
    until(lambda: "NoSuchBucket" in account.loop.log_path.read_text())
    assert delivery.buffered() == 1
    s3.create_bucket(Bucket=delivery.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert list(until(lambda: delivery.objects("data/")).values()) == [b"precious\n"]
    until(lambda: delivery.buffered() == 0)


@pytest.mark.parametrize("missing", ["kinesis:GetRecords", "lambda:InvokeFunction", "s3:PutObject"])
def test_firehose_does_only_what_its_role_may(account: Account, missing: str) -> None:
    allowed = {"kinesis:GetRecords", "lambda:InvokeFunction", "s3:PutObject"} - {missing}
    role = account.role([{"Effect": "Allow", "Action": sorted(allowed), "Resource": "*"}])
    stream, arn = account.stream()
    delivery = Delivery(
        account, source=arn, mode="ok", role=role, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 1}
    )
    account.client("kinesis").put_record(StreamName=stream, Data=b"hello", PartitionKey="k")
    account.loop.advance(2)
    until(lambda: missing in account.loop.log_path.read_text())
    assert delivery.objects("data/") == {}
    account.client("firehose").delete_delivery_stream(DeliveryStreamName=delivery.name)


@pytest.mark.parametrize(
    "config",
    [
        {"Prefix": "a/!{timestamp:yyyy}/", "ErrorOutputPrefix": ""},
        {"Prefix": "a/!{nonsense:x}/"},
        {"DynamicPartitioningConfiguration": {"Enabled": True}},
    ],
)
def test_a_definition_that_firehose_would_refuse_is_refused(account: Account, config: dict[str, Any]) -> None:
    with pytest.raises(account.client("firehose").exceptions.InvalidArgumentException):
        Delivery(account, **config)


@pytest.mark.parametrize("change", [{"BufferingHints": {"SizeInMBs": 5}}, {"CompressionFormat": "GZIP"}])
def test_conversion_needs_its_own_buffer_and_no_compression(account: Account, change: dict[str, Any]) -> None:
    conversion = {"Enabled": True, "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}}}
    config = {"BufferingHints": {"SizeInMBs": 64}, "DataFormatConversionConfiguration": conversion, **change}
    with pytest.raises(account.client("firehose").exceptions.InvalidArgumentException):
        Delivery(account, **config)


def test_direct_put_keeps_its_limits(account: Account) -> None:
    delivery = Delivery(account)
    firehose = account.client("firehose")
    for records in ([{"Data": b"x" * 1_024_001}], [{"Data": b"x"}] * 501, [{"Data": b"x" * 1_000_000}] * 5):
        with pytest.raises(firehose.exceptions.ClientError):
            firehose.put_record_batch(DeliveryStreamName=delivery.name, Records=records)
    assert delivery.buffered() == 0
