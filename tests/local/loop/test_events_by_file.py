"""A day's events by file and by stream through the deployed loop: one lake, the same features, nothing unaccounted for.

The same events come twice, of other customers at other terminals: once as five files, once as records of the stream.
"""

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import fastavro
import pandas as pd
import pytest
from fed_loop import Fed

from cli import lake, producer
from cli.accounting import account

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]
PARTS, PER_PART = 5, 60
WRONG = {"amount": "is below 0", "timestamp": "is missing"}
OWN = ("shard_id", "sequence_number", "arrived_at", "dt", "hh", "latency_ms")
"""Columns that say how a record came, not what it is."""
Row = dict[str, Any]


def rows(fed: Fed, part: int, way: str) -> list[Row]:
    """The events of one part, in time order: three customers with a terminal each, which no other part has."""
    start = fed.plan.at + 2 * 86_400 - 3_600 * 12 + part * 600
    return [
        {
            "event_id": f"{way}-{part}-{number}",
            "timestamp": start + 7 * number,
            "customer_id": f"{way}-customer-{part}-{number % 3}",
            "terminal_id": f"{way}-terminal-{part}-{number % 3}",
            "amount": 1.5 + number * (part + 1) / 4,
        }
        for number in range(PER_PART)
    ]


def nested(row: Row) -> Row:
    return {
        "event_id": row["event_id"],
        "timestamp": pd.Timestamp(row["timestamp"], unit="s", tz="UTC").isoformat(),
        "customer": {"id": row["customer_id"], "tier": ["gold"]},
        "terminal": {"id": row["terminal_id"]},
        "amount": row["amount"],
    }


def older(found: list[Row]) -> bytes:
    """Avro of an older schema: moments in milliseconds, a narrower amount under another name, one field more."""
    schema = {
        "type": "record",
        "name": "Payment",
        "fields": [
            {"name": "event_id", "type": "string"},
            {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "customer_id", "type": "string"},
            {"name": "terminal_id", "type": ["null", "string"], "default": None},
            {"name": "value", "aliases": ["amount"], "type": "float"},
            {
                "name": "channel",
                "type": {"type": "enum", "name": "Channel", "symbols": ["WEB", "POS"]},
                "default": "WEB",
            },
        ],
    }
    sink = io.BytesIO()
    renamed = [{**it, "timestamp": it["timestamp"] * 1_000, "value": it["amount"], "channel": "POS"} for it in found]
    fastavro.writer(sink, schema, renamed, codec="deflate")
    return sink.getvalue()


def with_wrong_rows(found: list[Row]) -> bytes:
    frame = pd.DataFrame(found).astype({"timestamp": "object"})
    wrong = frame.head(2).assign(event_id=["wrong-1", "wrong-2"])
    wrong.loc[0, "amount"], wrong.loc[1, "timestamp"] = -1.0, ""
    return pd.concat([frame.head(30), wrong, frame.tail(PER_PART - 30)]).to_csv(index=False, sep=";").encode()


def parquet(found: list[Row]) -> bytes:
    sink = io.BytesIO()
    frame = pd.DataFrame(found)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], unit="s", utc=True)
    frame.to_parquet(sink, row_group_size=25, index=False)
    return sink.getvalue()


@pytest.fixture(scope="module")
def files(fed: Fed) -> Mapping[str, bytes]:
    parts = [rows(fed, part, "file") for part in range(PARTS)]
    return {
        "a/plain.csv.gz": gzip.compress(pd.DataFrame(parts[0]).to_csv(index=False).encode()),
        "a/nested.jsonl": b"\n".join(json.dumps(nested(it)).encode() for it in parts[1]),
        "b/table.parquet": parquet(parts[2]),
        "b/older.avro": older(parts[3]),
        "wrong.csv": with_wrong_rows(parts[4]),
    }


@pytest.fixture(scope="module")
def came(fed: Fed, files: Mapping[str, bytes]) -> Iterator[None]:
    """Both ways have come to their end."""
    for name, body in files.items():
        fed.deployment.s3.put_object(Bucket=fed.deployment.bucket, Key=f"events-inbox/{name}", Body=body)
        fed.loop.wait_idle()
    streamed = [
        producer.Record(json.dumps(it).encode() + b"\n", str(it["customer_id"]))
        for part in range(PARTS)
        for it in rows(fed, part, "stream")
    ]
    producer.put(fed.deployment.kinesis, fed.deployment.output("ingestion", "EventsStreamName"), streamed)
    fed.loop.wait_idle()
    fed.loop.flush()
    fed.loop.wait_idle()
    yield


def table(fed: Fed, prefix: str, way: str) -> pd.DataFrame:
    """What the lake has of one way, named as neither."""
    frame = lake.read_parquet(fed.deployment, prefix).to_pandas()
    frame = frame[frame["event_id"].astype(str).str.startswith(f"{way}-")]
    for name in ("event_id", "customer_id", "terminal_id"):
        if name in frame:
            frame[name] = frame[name].str.removeprefix(f"{way}-")
    own = [it for it in frame if it not in OWN]
    return frame[own].sort_values("event_id").reset_index(drop=True)


def test_the_lake_has_the_same_events_whichever_way_they_came(fed: Fed, came: None) -> None:
    filed, streamed = table(fed, "events/", "file"), table(fed, "events/", "stream")
    assert len(filed) == PARTS * PER_PART
    pd.testing.assert_frame_equal(filed, streamed)


def test_their_features_are_the_same(fed: Fed, came: None) -> None:
    filed, streamed = table(fed, "features/", "file"), table(fed, "features/", "stream")
    assert len(filed) == PARTS * PER_PART
    pd.testing.assert_frame_equal(filed, streamed)


def test_wrong_rows_are_in_quarantine_and_every_file_has_its_receipt(fed: Fed, came: None) -> None:
    wrong = list(lake.read_json_lines(fed.deployment, "quarantine/event_inbox/"))
    assert [(it["file"], it["line"], it["field"]) for it in wrong] == [
        ("events-inbox/wrong.csv", 32, "amount"),
        ("events-inbox/wrong.csv", 33, "timestamp"),
    ]
    assert {it["field"]: it["reason"] for it in wrong} == WRONG
    receipts = {it["file"]: it for it in lake.read_json_lines(fed.deployment, "events-inbox-receipts/")}
    assert {name: (it["sent"], it["rejected"], it["repeated"], it["problem"]) for name, it in receipts.items()} == {
        f"events-inbox/{name}": (PER_PART, 2 if name == "wrong.csv" else 0, 0, None)
        for name in ("a/plain.csv.gz", "a/nested.jsonl", "b/table.parquet", "b/older.avro", "wrong.csv")
    }


def test_no_event_is_unaccounted_for_and_no_file_is_given_up(fed: Fed, came: None) -> None:
    assert account(fed.deployment).unaccounted == 0
    url = fed.deployment.output("ingestion", "EventInboxDeadLetterUrl")
    waiting = fed.deployment.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"
