"""What tables write that text never does: ids as UUIDs or bytes, nanoseconds, decimals, NaN in place of nothing."""

import json
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from event_inbox_world import KEY, avro_events, avro_schema, event, event_world, parquet_events
from inbox_fakes import FRAUD, GIVEN, World

from headrace.usecase import Field
from lambdas.event_inbox.logic import EventReader

ID = UUID("d64be05f-eacb-4ffa-a4d2-ac21f40d7684")
LAST_NANOSECOND = 1_700_000_000_999_999_999


def _types(**changes: pa.DataType) -> pa.Schema:
    plain = {"event_id": pa.string(), "timestamp": pa.int64(), "customer_id": pa.string(), "terminal_id": pa.string()}
    return pa.schema([*(plain | {"amount": pa.float64()} | changes).items()])


def _taken(its: World, ending: str, data: bytes) -> list[dict[str, Any]]:
    its.work(its.put(KEY + ending, data))
    return [json.loads(it.data) for it in its.stream.records]


@pytest.mark.parametrize("ending", [".parquet", ".avro"])
def test_an_id_that_a_table_holds_as_uuid_is_its_text(ending: str) -> None:
    uuid = {"type": "string", "logicalType": "uuid"}
    data = {
        ".parquet": parquet_events([event(1, event_id=ID.bytes)], _types(event_id=pa.uuid())),
        ".avro": avro_events([event(1, event_id=ID)], avro_schema(event_id=uuid)),
    }[ending]
    assert _taken(event_world(), ending, data) == [event(1, event_id=str(ID))]


def test_bytes_that_are_no_text_are_refused_so_that_no_two_ids_become_one() -> None:
    its, rows = event_world(), [event(1, event_id=b"\xff"), event(2, event_id=b"\xfe"), event(3, event_id=b"e3")]
    assert _taken(its, ".parquet", parquet_events(rows, _types(event_id=pa.binary()))) == [event(3, event_id="e3")]
    assert [(it["line"], it["field"], it["reason"]) for it in its.refused] == [
        (1, "event_id", "is not a string"),
        (2, "event_id", "is not a string"),
    ]


@pytest.mark.parametrize("ending", [".parquet", ".avro"])
def test_the_last_nanosecond_of_a_second_is_not_the_next_second(ending: str) -> None:
    nanos = {"type": "long", "logicalType": "timestamp-nanos"}
    row = event(1, timestamp=LAST_NANOSECOND)
    data = {
        ".parquet": parquet_events([row], _types(timestamp=pa.timestamp("ns", "Europe/Paris"))),
        ".avro": avro_events([row], avro_schema(timestamp=nanos)),
    }[ending]
    assert _taken(event_world(), ending, data) == [event(1, timestamp=LAST_NANOSECOND // 10**9)]


def test_nor_is_it_where_the_time_lies_within_an_object() -> None:
    moment = pa.scalar(LAST_NANOSECOND, pa.timestamp("ns")).as_py()
    assert _read(timestamp=moment)["timestamp"] == LAST_NANOSECOND // 10**9


OPTIONAL = replace(
    FRAUD,
    event=replace(
        FRAUD.event,
        fields=(
            *FRAUD.event.fields,
            Field(name="count", type="integer", required=False),
            Field(name="known", type="boolean", required=False),
            Field(name="note", type="string", required=False),
        ),
    ),
)


def _read(**values: object) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(EventReader(OPTIONAL, GIVEN).of_values(event(1) | values).data)
    return read


@pytest.mark.parametrize("name", ["count", "known", "note"])
def test_nan_is_no_value_of_any_field_as_in_a_backfill(name: str) -> None:
    assert name not in _read(**{name: math.nan})


def test_a_whole_decimal_keeps_every_digit() -> None:
    assert _read(count=Decimal("9007199254740993.00"))["count"] == 9_007_199_254_740_993
