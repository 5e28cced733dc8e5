"""Files of events that are wrong, damaged or made to do harm: refused in words, once; what was right before is kept."""

import gzip
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from event_inbox_world import (
    KEY,
    PACKERS,
    avro_container,
    avro_events,
    avro_schema,
    csv_events,
    event,
    event_world,
    json_events,
    parquet_events,
)
from inbox_fakes import created

ROWS = [event(number) for number in range(40)]
WHOLE = parquet_events(ROWS)
AVRO = avro_events(ROWS)
RECURSIVE = avro_schema(deeper={"type": "record", "name": "Node", "fields": [{"name": "n", "type": ["null", "Node"]}]})
NOTHINGS = avro_schema(list={"type": "array", "items": "null"})


def many_rows() -> bytes:
    """A few kilobytes that claim millions of rows."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 6_000_000, pa.int8()), pa.array(["e" * 60]))
    table = pa.table({name: column for name, _ in event(1).items()})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def huge_value() -> bytes:
    """One text of many megabytes, by many rows."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 40, pa.int8()), pa.array(["e" * 9_000_000]))
    rest = {name: [value] * 40 for name, value in event(1).items() if name != "event_id"}
    sink = io.BytesIO()
    pq.write_table(pa.table({"event_id": column, **rest}), sink, compression="zstd")
    return sink.getvalue()


def container(schema: Any, codec: bytes = b"null", rows: int = 1, packed: bytes = b"\0") -> bytes:
    return avro_container(json.dumps(schema).encode(), codec, rows, packed)


@pytest.mark.parametrize(
    ("ending", "data", "problem"),
    [
        (".parquet", b"", "is no Parquet, or is damaged"),
        (".parquet", b"PAR1" + b"\xff" * 400 + b"PAR1", "is no Parquet, or is damaged"),
        (".parquet", WHOLE[:-30], "is no Parquet, or is damaged"),
        (".parquet", csv_events(ROWS), "is no Parquet, or is damaged"),
        (".parquet", many_rows(), "claims"),
        (".parquet", parquet_events([{"id": "e1"}]), "its schema lacks amount, customer_id, event_id"),
        (".parquet", parquet_events([event(1) | {"customer": {"id": "c"}}]), "its schema has customer_id twice"),
        (".avro", b"", "is no container file of Avro"),
        (".avro", WHOLE, "is no container file of Avro"),
        (".avro", AVRO[:60], "ends in the middle of a block"),
        (".avro", container(avro_schema(), b"lzo"), "is packed with an unknown codec"),
        (".avro", container(RECURSIVE), "its schema holds itself"),
        (".avro", container(NOTHINGS), "its schema has a list of nothing"),
        (".avro", container({"type": "string"}), "is no file of records"),
        (".avro", container({"type": "record", "name": "Event"}), "has no schema that can be read"),
        (".avro", container(avro_schema(terminal_id=None)), "its schema lacks terminal_id"),
        (".avro", container(avro_schema(customer=avro_schema(id="string") | {"name": "Inner"})), "twice"),
        (".avro", avro_container(b"{", b"null", 1, b"\0"), "has no schema that can be read"),
        (".avro", container(avro_schema(), rows=10**15), "has a block with more rows than bytes"),
        (".avro", container(avro_schema(), b"deflate", 1, PACKERS["deflate"](bytes(80_000_000))), "unpacks to more"),
        (".avro", container(avro_schema(), b"xz", 1, PACKERS["xz"](bytes(80_000_000))), "unpacks to more"),
        (".avro", container(avro_schema(), b"snappy", 1, PACKERS["snappy"](bytes(80_000_000))), "unpacks to more"),
        (".avro", container(avro_schema(), b"zstandard", 1, PACKERS["zstandard"](bytes(80_000_000))), "unpacks to"),
        (".avro", container(avro_schema(), b"deflate", 1, b"nonsense"), "is damaged"),
        (".avro", container(avro_schema(), rows=1, packed=b"\x7f" * 30), "is damaged"),
        (".csv.gz", gzip.compress(bytes(60_000_000)), "unpacks to more than 250 times its size"),
        (".jsonl.gz", json_events(ROWS), "is not gzip"),
        (".csv", WHOLE, "the first line"),
        (".zip", b"PK\x03\x04", "its name ends neither in .csv"),
        (".parquet.gz", gzip.compress(WHOLE), "its name ends neither in .csv"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_says_why_once(ending: str, data: bytes, problem: str) -> None:
    its = event_world()
    its.bucket.chunk = 65_536
    (handled,) = its.work(its.put(KEY + ending, data))
    assert (handled.result, handled.rejected, its.stream.records) == ("finished", 1, [])
    assert problem in str(its.refused[0]["reason"])
    assert its.receipts[0]["problem"] == its.refused[0]["reason"]


def test_events_before_the_damage_of_a_table_are_kept() -> None:
    rows = [event(number) for number in range(3_000)]
    parquet = bytearray(parquet_events(rows, row_group_size=1_000, compression="none"))
    place = parquet.index(b"e002500")
    parquet[place - 30 : place + 3_000] = b"\xff" * 3_030
    its = event_world()
    its.work(its.put(KEY + ".parquet", bytes(parquet)), its.put(KEY + ".avro", avro_events(rows)[:-4_000]))
    done = {str(it["file"]): it for it in its.receipts}
    assert 0 < int(str(done[KEY + ".avro"]["sent"])) < 3_000
    assert {it["problem"] for it in done.values()} <= {
        "ends in the middle of a block",
        "is no Parquet, or is damaged",
        None,
    }


def test_values_of_other_types_are_taken_where_they_fit_and_refused_alone_where_not() -> None:
    schema = pa.schema(
        [
            ("event_id", pa.dictionary(pa.int8(), pa.string())),
            ("timestamp", pa.timestamp("ns")),
            ("customer_id", pa.binary()),
            ("terminal_id", pa.string()),
            ("amount", pa.decimal128(20, 2)),
        ]
    )
    good = event(1, timestamp=1_700_000_001_000_000_007, customer_id=b"c1", amount=Decimal("0.25"))
    rows = [good, good | {"customer_id": None}, good | {"customer_id": b"\0\1"}, good | {"timestamp": -5}]
    its = event_world()
    its.work(its.put(KEY + ".parquet", parquet_events(rows, schema)))
    (record,) = its.stream.records
    assert json.loads(record.data) == event(1)
    assert [(it["line"], it["field"]) for it in its.refused] == [
        (2, "customer_id"),
        (3, "customer_id"),
        (4, "timestamp"),
    ]


def test_a_huge_text_that_every_row_has_is_held_once_and_refused_row_by_row() -> None:
    its = event_world()
    its.work(its.put(KEY + ".parquet", huge_value()))
    assert {(it["field"], it["reason"]) for it in its.refused} == {("event_id", "is longer than 64 characters")}
    assert (len(its.refused), its.receipts[0]["problem"]) == (40, None)


def test_an_amount_that_is_a_list_or_a_text_is_refused_row_by_row() -> None:
    lists, texts = [event(1, amount=[1.0])], [event(1, amount="1.0")]
    its = event_world()
    its.work(its.put(KEY + ".parquet", parquet_events(lists)), its.put(KEY + "2.parquet", parquet_events(texts)))
    assert [(it["line"], it["reason"]) for it in its.refused] == [(1, "is not a number")] * 2


@pytest.mark.parametrize("codec", sorted(PACKERS))
def test_every_codec_is_read(codec: str) -> None:
    plain = avro_events([event(1)], codec="null")
    row = plain[plain.rindex(b"\x0ee000001") : -16]
    data = container(avro_schema(), codec.encode(), 1, PACKERS[codec](row))
    its = event_world()
    its.work(its.put(KEY + ".avro", data))
    assert [json.loads(it.data) for it in its.stream.records] == [event(1)]


def test_an_older_and_a_newer_schema_are_read_as_the_event_of_today() -> None:
    older = avro_schema(timestamp="int", amount="float")
    newer = avro_schema(amount=None)
    newer["fields"] += [
        {"name": "value", "aliases": ["amount"], "type": "double"},
        {"name": "channel", "type": "string", "default": "web"},
        {"name": "card", "type": {"type": "record", "name": "Card", "fields": [{"name": "country", "type": "string"}]}},
        {"name": "home", "type": ["null", "Card"], "default": None},
    ]
    extra = {"value": 0.25, "channel": "pos", "card": {"country": "FR"}, "home": {"country": "DE"}}
    its = event_world()
    its.work(
        its.put(KEY + "1.avro", avro_events([event(1)], older)),
        its.put(KEY + "2.avro", avro_events([event(1) | extra], newer)),
    )
    assert [json.loads(it.data) for it in its.stream.records] == [event(1)] * 2


def test_a_moment_out_of_range_costs_its_own_row_only() -> None:
    schema = avro_schema(timestamp={"type": "long", "logicalType": "timestamp-millis"})
    rows = [event(1, timestamp=1_700_000_001_000), event(2, timestamp=1_700_000_001_000_000_000)]
    its = event_world()
    its.work(its.put(KEY + ".avro", avro_events(rows, schema)))
    assert [(it["line"], it["field"], it["reason"]) for it in its.refused] == [
        (2, "timestamp", "is outside 1970 to 2200")
    ]
    assert len(its.stream.records) == 1


@pytest.mark.parametrize("key", ["../../etc/passwd.parquet", "./a.avro", "//a.csv", "ä\u2028\x07.jsonl"])
def test_an_odd_name_reaches_no_other_place(key: str) -> None:
    its = event_world()
    its.work(its.put("events-inbox/" + key, b"wrong"), created("events-inbox/"), created("labels-inbox/a.csv"))
    assert len(its.receipts) == 1
    for name in its.store.objects:
        assert name.startswith(("events-inbox-receipts/", "quarantine/event_inbox/dt="))
        assert not {"", ".", ".."} & {*name.split("/")}
