"""Files of events onto the stream: of every kind the same events, in slices, twice, under any fault."""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from event_inbox_world import (
    KEY,
    avro_events,
    avro_schema,
    csv_events,
    event,
    event_world,
    json_events,
    parquet_events,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from inbox_fakes import FRAUD, GIVEN, World, created
from lambda_fakes import Faults

from headrace.schema import format_timestamp, parse_event

FAULTS = ("before", "after", "throttle", "lose")
ENDINGS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet", ".avro")
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}


def sent(its: World) -> list[dict[str, Any]]:
    return [parse_event(FRAUD, it.data) for it in its.stream.records]


def written(ending: str, rows: list[dict[str, Any]]) -> bytes:
    plain = {
        ".csv": csv_events,
        ".jsonl": json_events,
        ".parquet": lambda them: parquet_events(them, row_group_size=700),
        ".avro": avro_events,
    }
    data = plain[ending.removesuffix(".gz")](rows)
    return gzip.compress(data, mtime=0) if ending.endswith(".gz") else data


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_file_says_the_same_in_its_order_under_its_primary_key(ending: str) -> None:
    its, rows = event_world(), [event(number) for number in range(1_203)]
    (handled,) = its.work(its.put(KEY + ending, written(ending, rows)))
    assert (handled.result, handled.sent, handled.rejected) == ("finished", 1_203, 0)
    assert sent(its) == rows
    assert its.stream.records[3].key == "c3"
    assert its.stream.calls == [500, 500, 203]
    assert its.receipts == [
        {
            "file": KEY + ending,
            "version": "v1",
            "modified": format_timestamp(GIVEN),
            "lines": 1_203 + (".csv" in ending),
            "sent": 1_203,
            "rejected": 0,
            "repeated": 0,
            "problem": None,
        }
    ]


@pytest.mark.parametrize("ending", ENDINGS)
def test_wrong_rows_are_kept_with_row_field_and_reason_and_the_others_go_on(ending: str) -> None:
    its, rows = event_world(), [event(1), event(2, amount=-1.0), event(3, timestamp=9_999_999_999), event(4)]
    its.work(its.put(KEY + ending, written(ending, rows)))
    assert [it["event_id"] for it in sent(its)] == ["e000001", "e000004"]
    first = 2 if ".csv" in ending else 1
    assert [(it["line"], it["field"], it["reason"]) for it in its.refused] == [
        (first + 1, "amount", "is below 0"),
        (first + 2, "timestamp", "is outside 1970 to 2200"),
    ]
    kept = base64.b64decode(str(its.refused[0]["data"])).decode()
    assert "e000002" in kept
    assert its.refused[0]["file"] == KEY + ending


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_large_file_goes_on_where_its_time_was_over(ending: str) -> None:
    its, rows = event_world(slice_s=2.0), [event(number) for number in range(4_200)]
    handled = its.work(its.put(KEY + ending, written(ending, rows)))
    assert [it.result for it in handled] == ["continued"] * 4 + ["finished"]
    assert sent(its) == rows
    assert (its.receipts[0]["sent"], its.receipts[0]["repeated"]) == (4_200, 0)


def test_the_same_event_about_a_file_twice_changes_nothing_and_another_version_is_another_file() -> None:
    its = event_world()
    body = its.put(KEY + ".parquet", parquet_events([event(1)]))
    assert [it.result for it in its.work(body, body, created(KEY + ".parquet", "v2"))] == [
        "finished",
        "repeated",
        "finished",
    ]
    assert len(its.stream.records) == 2
    assert [it.result for it in its.work(created("events-inbox/gone.avro"))] == ["gone"]


@pytest.mark.parametrize("ending", [".csv", ".jsonl.gz", ".parquet", ".avro"])
def test_after_a_crash_one_batch_at_most_comes_twice_and_the_receipt_counts_it(ending: str) -> None:
    rows = [event(number) for number in range(1_800)]
    its = event_world(faults=Faults(["ok", "ok", "ok", "after"]))  # the second batch is there, its caller is not
    its.work(its.put(KEY + ending, written(ending, rows)))
    ids = [it["event_id"] for it in sent(its)]
    assert sorted({*ids}) == [it["event_id"] for it in rows]
    assert len(ids) - len({*ids}) == 500
    assert (its.receipts[0]["sent"], its.receipts[0]["repeated"]) == (1_800, 500)


@settings(max_examples=30)  # each writes and reads a file of its own
@given(
    wrong=st.sets(st.integers(0, 1_299), max_size=6),
    count=st.integers(0, 1_300),
    plan=st.lists(st.sampled_from(["ok", "ok", "ok", *FAULTS]), max_size=25),
    slice_s=st.sampled_from([0.5, 60.0]),
    ending=st.sampled_from(ENDINGS),
)
def test_faults_in_any_order_lose_no_event_and_every_repetition_is_counted(
    wrong: set[int], count: int, plan: list[str], slice_s: float, ending: str
) -> None:
    rows = [event(it, amount=-1.0 if it in wrong else 1.0) for it in range(count)]
    if not rows and ".csv" in ending:
        return
    data = written(ending, rows) if rows or ending in (".jsonl", ".jsonl.gz") else _empty(ending)
    its = event_world(faults=Faults(plan), slice_s=slice_s)
    its.work(its.put(KEY + ending, data))
    ids = [it["event_id"] for it in sent(its)]
    right = [f"e{number:06}" for number in range(count) if number not in wrong]
    assert sorted({*ids}) == right
    first = 2 if ".csv" in ending else 1
    assert {row["line"] for row in its.refused} == {number + first for number in wrong if number < count}
    (receipt,) = its.receipts
    assert (receipt["sent"], receipt["rejected"], receipt["problem"]) == (len(right), count - len(right), None)
    assert len(ids) - len(right) <= int(str(receipt["repeated"]))


def _empty(ending: str) -> bytes:
    schema = pa.Table.from_pylist([event(1)]).schema
    return parquet_events([], schema) if ending == ".parquet" else avro_events([])


def test_objects_within_a_line_are_flattened_by_their_path() -> None:
    nested = {name: value for name, value in event(1).items() if name not in ("customer_id", "amount")}
    nested |= {"customer": {"id": "c1", "tags": ["x"]}, "amount": 0.25, "card": {"a": {"b": 1}}}
    its = event_world()
    doubled = nested | {"customer_id": "c2"}
    deep: Any = 1
    for _ in range(12):
        deep = {"a": deep}
    its.work(its.put(KEY + ".jsonl", json_events([nested, doubled, event(2) | {"deep": deep}])))
    assert sent(its) == [event(1)]
    assert [(it["line"], it["field"], it["reason"]) for it in its.refused] == [
        (2, "customer_id", "is there twice, nested and plain"),
        (3, None, "is nested too deeply"),
    ]


def test_cells_are_read_by_the_type_of_their_field() -> None:
    its = event_world()
    text = "event_id,timestamp,customer_id,terminal_id,amount,note\n007,2023-11-14T22:13:21Z,1e5,true, 2.5e1 ,x\n"
    its.work(its.put(KEY + ".csv", text.encode()))
    (record,) = its.stream.records
    assert json.loads(record.data) == {
        "event_id": "007",
        "timestamp": 1_700_000_001,
        "customer_id": "1e5",
        "terminal_id": "true",
        "amount": 25.0,
    }


def test_times_of_tables_may_be_moments() -> None:
    moment = datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    its, rows = event_world(), [event(1, timestamp=moment)]
    schema = avro_schema(timestamp=["null", MILLIS])
    its.work(
        its.put(KEY + ".parquet", parquet_events(rows)),
        its.put(KEY + "2.parquet", parquet_events([event(1, timestamp=moment.replace(tzinfo=None))])),
        its.put(KEY + ".avro", avro_events(rows, schema)),
    )
    assert sent(its) == [event(1)] * 3
