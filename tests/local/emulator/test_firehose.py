"""Firehose against the running emulator: buffers, transform, conversion, error output, no loss."""

import base64
import gzip
import io
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from delivery import Delivery
from local_account import Account, until

COLUMNS = [
    {"Name": "event_id", "Type": "string"},
    {"Name": "timestamp", "Type": "timestamp"},
    {"Name": "amount", "Type": "double"},
    {"Name": "count", "Type": "int"},
    {"Name": "tags", "Type": "array<string>"},
    {"Name": "place", "Type": "struct<city:string,zip:int>"},
]


def parquet_delivery(account: Account, **config: Any) -> Delivery:
    """A delivery stream that converts to Parquet by a Glue table."""
    database = account.name("db").replace("-", "_")
    glue = account.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(DatabaseName=database, TableInput={"Name": "t", "StorageDescriptor": {"Columns": COLUMNS}})
    conversion = {
        "Enabled": True,
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        "SchemaConfiguration": {"DatabaseName": database, "TableName": "t", "RoleARN": account.role()},
    }
    hints = {"SizeInMBs": 64, "IntervalInSeconds": 60}
    return Delivery(account, DataFormatConversionConfiguration=conversion, BufferingHints=hints, **config)


def test_records_wait_for_the_interval_on_the_injected_clock(account: Account) -> None:
    delivery = Delivery(account, BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 900})
    delivery.put("a\n", "b\n")
    delivery.put("c\n")
    assert delivery.buffered() == 3
    assert delivery.objects("data/") == {}
    account.loop.advance(901)
    assert list(until(lambda: delivery.objects("data/")).values()) == [b"a\nb\nc\n"]


def test_a_full_buffer_is_written_at_once(account: Account) -> None:
    delivery = Delivery(account, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900})
    delivery.put("x" * 600_000, "y" * 600_000)
    (body,) = until(lambda: delivery.objects("data/")).values()
    assert len(body) == 1_200_000


def test_prefixes_and_names_follow_the_arrival_of_the_oldest_record(account: Account) -> None:
    delivery = Delivery(
        account,
        Prefix="events/dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/",
        CompressionFormat="GZIP",
        BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 900},
    )
    delivery.put("early\n")
    moment = datetime.fromtimestamp(account.loop.now(), UTC)
    account.loop.advance(600)
    delivery.put("late\n")
    account.loop.flush()
    ((key, body),) = delivery.objects("events/").items()
    assert key.startswith(f"events/dt={moment:%Y-%m-%d}/hh={moment:%H}/{delivery.name}-1-{moment:%Y-%m-%d-%H-%M}")
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"early\nlate\n"


def test_a_kinesis_source_reaches_the_transform_with_its_metadata(account: Account) -> None:
    stream, arn = account.stream()
    delivery = Delivery(account, source=arn, mode="ok")
    answer = account.client("kinesis").put_record(StreamName=stream, Data=b"hello", PartitionKey="customer-1")
    account.loop.flush()
    (seen,) = delivery.objects("seen/").values()
    event = json.loads(seen)
    (record,) = event.pop("records")
    assert event.pop("invocationId")
    assert event == {
        "deliveryStreamArn": f"arn:aws:firehose:eu-west-1:000000000000:deliverystream/{delivery.name}",
        "sourceKinesisStreamArn": arn,
        "region": "eu-west-1",
    }
    assert base64.b64decode(record["data"]) == b"hello"
    metadata = record["kinesisRecordMetadata"]
    assert metadata["sequenceNumber"] == answer["SequenceNumber"]
    assert (metadata["shardId"], metadata["partitionKey"]) == ("shardId-000000000000", "customer-1")
    assert metadata["approximateArrivalTimestamp"] == record["approximateArrivalTimestamp"]
    assert {"subsequenceNumber", "recordId"} <= metadata.keys() | record.keys()
    assert list(delivery.objects("data/").values()) == [b"HELLO\n"]


def test_the_transform_gets_chunks_and_its_three_answers_are_honoured(account: Account) -> None:
    delivery = Delivery(account, mode="ok")
    delivery.put(*[f"r{i}" for i in range(400)], "drop", "fail")
    delivery.put(*[f"s{i}" for i in range(300)])
    account.loop.flush()
    sizes = [len(json.loads(body)["records"]) for body in delivery.objects("seen/").values()]
    assert sum(sizes) == 702
    assert max(sizes) <= 500
    lines = b"".join(delivery.objects("data/").values()).split()
    assert len(lines) == 700
    (errors,) = delivery.objects("errors/processing-failed/").values()
    document = json.loads(errors)
    assert base64.b64decode(document.pop("rawData")) == b"fail"
    assert document.pop("arrivalTimestamp") <= document.pop("attemptEndingTimestamp")
    assert document == {
        "attemptsMade": 1,
        "errorCode": "Lambda.ProcessingFailedStatus",
        "errorMessage": "ProcessingFailed status set for record",
        "lambdaArn": delivery.function,
    }


@pytest.mark.parametrize(
    ("mode", "code", "attempts"),
    [
        ("missing", "Lambda.MissingRecordId", 1),
        ("twice", "Lambda.DuplicatedRecordId", 1),
        ("text", "Lambda.JsonProcessingException", 1),
        ("enum", "Lambda.JsonProcessingException", 1),
        ("raise", "Lambda.FunctionError", 2),
    ],
)
def test_an_answer_that_breaks_the_contract_fails_the_whole_chunk(
    account: Account, mode: str, code: str, attempts: int
) -> None:
    delivery = Delivery(account, mode=mode)
    delivery.put("a", "b", "c")
    account.loop.flush()
    assert delivery.objects("data/") == {}
    (errors,) = delivery.objects("errors/processing-failed/").values()
    documents = [json.loads(line) for line in errors.splitlines()]
    assert [base64.b64decode(document["rawData"]) for document in documents] == [b"a", b"b", b"c"]
    assert {(document["errorCode"], document["attemptsMade"]) for document in documents} == {(code, attempts)}


def test_json_becomes_parquet_by_the_glue_table(account: Account) -> None:
    delivery = parquet_delivery(account)
    delivery.put(
        '{"EVENT_ID":"e1","timestamp":"2026-01-02T03:04:05Z","amount":1,"count":2,"tags":["x"],'
        '"place":{"City":"Bern"},"unknown":1}\n',
        '{"event_id":"e2","timestamp":1767323045.5,"amount":2.5}{"event_id":"e3"}',
    )
    account.loop.flush()
    ((key, body),) = delivery.objects("data/").items()
    assert key.endswith(".parquet")
    table = pq.read_table(io.BytesIO(body))
    assert table.column_names == [column["Name"] for column in COLUMNS]
    rows = table.to_pylist()
    assert [row["event_id"] for row in rows] == ["e1", "e2", "e3"]
    assert rows[0]["timestamp"].isoformat() == "2026-01-02T03:04:05"
    assert rows[1]["timestamp"].isoformat() == "2026-01-02T03:04:05.500000"
    assert (rows[0]["amount"], rows[0]["count"], rows[0]["tags"]) == (1.0, 2, ["x"])
    assert rows[0]["place"] == {"city": "Bern", "zip": None}
    assert rows[2]["amount"] is None


def test_a_column_that_the_table_gets_later_is_converted_from_then_on(account: Account) -> None:
    delivery = parquet_delivery(account)
    described = account.client("firehose").describe_delivery_stream(DeliveryStreamName=delivery.name)
    destination = described["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]
    schema = destination["DataFormatConversionConfiguration"]["SchemaConfiguration"]
    columns = [*COLUMNS, {"Name": "later", "Type": "double"}]
    account.client("glue").update_table(
        DatabaseName=schema["DatabaseName"], TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}}
    )
    delivery.put('{"event_id":"e1","later":1.5}')
    account.loop.flush()
    (body,) = delivery.objects("data/").values()
    assert pq.read_table(io.BytesIO(body)).to_pylist()[0]["later"] == 1.5


def test_a_record_that_does_not_fit_the_table_goes_to_the_error_output_alone(account: Account) -> None:
    delivery = parquet_delivery(account)
    bad = ['{"amount":"ten"}', '{"count":2.5}', '{"timestamp":"yesterday"}', "not json", '"text"', " "]
    delivery.put('{"event_id":"good"}', *bad)
    account.loop.flush()
    (body,) = delivery.objects("data/").values()
    assert [row["event_id"] for row in pq.read_table(io.BytesIO(body)).to_pylist()] == ["good"]
    (errors,) = delivery.objects("errors/format-conversion-failed/").values()
    documents = [json.loads(line) for line in errors.splitlines()]
    assert [base64.b64decode(document["rawData"]).decode() for document in documents] == bad
    codes = Counter(document["lastErrorCode"] for document in documents)
    assert codes == {"DataFormatConversion.MalformedData": 5, "DataFormatConversion.ParseError": 1}
    assert "column amount" in documents[0]["lastErrorMessage"]
    assert documents[0]["dataCatalogTable"]["tableName"] == "t"
