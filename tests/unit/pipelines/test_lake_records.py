"""Lake objects are understood whoever wrote them, and what cannot be understood is named."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_lake

from headrace.usecase import Field, UseCase
from pipelines.training_set import Folder, LakeError, columns, records

NOON = small_lake.NOON
KEY = "events/dt=2018-04-01/hh=12/one.parquet"
LABELS = "labels/dt=2018-04-02/one.jsonl"


def use_case() -> UseCase:
    base = small_lake.USECASE
    more = (Field(name="items", type="integer", required=False), Field(name="online", type="boolean", required=False))
    return replace(
        base, event=replace(base.event, fields=(*base.event.fields, *more)), inputs=("amount", "items", "online")
    )


def table(rows: int = 2, **columns: pa.Array) -> pa.Table:
    own = {
        "event_id": pa.array([f"e{number}" for number in range(rows)]),
        "timestamp": pa.array([NOON + number for number in range(rows)]),
        "customer_id": pa.array(["c"] * rows),
        "terminal_id": pa.array(["t"] * rows),
        "amount": pa.array([1.5] * rows),
        "items": pa.array([None, (1 << 60) + 1][:rows]),
        "online": pa.array([None, True][:rows]),
        "shard_id": pa.array(["shard"] * rows),
        "sequence_number": pa.array([str(number) for number in range(rows)]),
        "arrived_at": pa.array([NOON * 1_000 + 250] * rows, pa.timestamp("ms")),
    }
    return pa.table({**own, **columns})


def read(tmp_path: Path, it: pa.Table, **writing: Any) -> pa.Table:
    path = tmp_path / KEY
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(it, path, **writing)
    return records.read_events(Folder(tmp_path), KEY, use_case())


def test_whole_numbers_stay_exact_where_some_are_missing(tmp_path: Path) -> None:
    frame = columns.frame(read(tmp_path, table()))
    assert frame["items"].tolist() == [pd.NA, (1 << 60) + 1]
    assert frame["online"].tolist() == [pd.NA, True]


@pytest.mark.parametrize(
    "times",
    [
        pa.array([NOON * 1_000 + 999, NOON * 1_000 + 1_001], pa.timestamp("ms")),
        pa.array([NOON * 1_000_000 + 999_999, NOON * 1_000_000 + 1_000_000], pa.timestamp("us", tz="UTC")),
        pa.array([NOON * 10**9 + 1, NOON * 10**9 + 10**9], pa.timestamp("ns", tz="Asia/Tokyo")),
        pa.array([NOON, NOON + 1], pa.timestamp("s")),
        pa.array([NOON, NOON + 1]),
        pa.array([NOON, NOON + 1], pa.int32()),
    ],
)
def test_times_are_whole_seconds_whatever_their_type(tmp_path: Path, times: pa.Array) -> None:
    assert read(tmp_path, table(timestamp=times)).column("timestamp").to_pylist() == [NOON, NOON + 1]


def test_int96_times_of_firehose_are_read(tmp_path: Path) -> None:
    times = pa.array([NOON * 1_000 + 999, NOON * 1_000 + 1_001], pa.timestamp("ms"))
    found = read(tmp_path, table(timestamp=times), use_deprecated_int96_timestamps=True)
    assert found.column("timestamp").to_pylist() == [NOON, NOON + 1]
    assert found.column(columns.ARRIVED).to_pylist() == [NOON * 1_000 + 250] * 2


def test_times_before_1970_are_rounded_down(tmp_path: Path) -> None:
    times = pa.array([-1_500, 1_500], pa.timestamp("ms"))
    assert read(tmp_path, table(timestamp=times)).column("timestamp").to_pylist() == [-2, 1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, None], pa.int32()), [1.0, None]),
        (pa.array([0.1, 2], pa.float32()), [float(pd.Series([0.1], dtype="float32")[0]), 2.0]),
        (pa.array([Decimal("0.1000000000000000055511151231"), Decimal(3)], pa.decimal128(38, 28)), [0.1, 3.0]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_numbers_of_any_type_become_the_nearest_double(
    tmp_path: Path, values: pa.Array, expected: Sequence[Any]
) -> None:
    assert read(tmp_path, table(amount=values)).column("amount").to_pylist() == expected


def test_texts_may_be_dictionaries(tmp_path: Path) -> None:
    coded = pa.array(["c", "d"]).dictionary_encode()
    assert read(tmp_path, table(customer_id=coded)).column("customer_id").to_pylist() == ["c", "d"]


def test_an_optional_field_that_an_older_object_lacks_is_missing(tmp_path: Path) -> None:
    assert read(tmp_path, table().drop_columns(["items"])).column("items").to_pylist() == [None, None]


def test_records_without_their_place_in_a_stream_are_told_apart_by_event_and_time(tmp_path: Path) -> None:
    shards = {"shard_id": pa.array(["backfill", None]), "sequence_number": pa.array(["0", None])}
    found = read(tmp_path, table(**shards)).column(columns.ORIGIN).to_pylist()
    assert found == [f"/e0/{NOON}", f"/e1/{NOON + 1}"]
    assert read(tmp_path, table()).column(columns.ORIGIN).to_pylist() == ["shard/0", "shard/1"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"amount": pa.array(["1", "2"])}, "amount of .*is string and should be double"),
        ({"customer_id": pa.array([1, 2])}, "customer_id of .*is int64 and should be string"),
        ({"items": pa.array([1.5, 2])}, "items of .*does not fit int64"),
        ({"event_id": pa.array(["a", None])}, "event_id of .*is null in 1 rows"),
        ({"timestamp": pa.array([None, None], pa.timestamp("ms"))}, "timestamp of .*is null in 2 rows"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, wrong: dict[str, pa.Array], named: str) -> None:
    with pytest.raises(LakeError, match=named):
        read(tmp_path, table(**wrong))


def test_an_object_without_a_required_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"one.parquet lacks the columns amount, terminal_id"):
        read(tmp_path, table().drop_columns(["amount", "terminal_id"]))


def test_an_object_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{}")
    with pytest.raises(LakeError, match=r"one\.parquet is no Parquet file"):
        records.event_times(Folder(tmp_path), KEY, use_case())


def put_lines(tmp_path: Path, text: str) -> pa.Table:
    path = tmp_path / LABELS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return records.read_labels(Folder(tmp_path), LABELS, use_case())


def line(**changed: Any) -> str:
    own = {"event_id": "e1", "timestamp": "2018-04-01T12:00:00Z", "customer_id": "c", "terminal_id": "t", "fraud": 1}
    known = {"labelled_at": "2018-04-02T12:00:00Z", "shard_id": "s", "arrived_at": "2018-04-02T12:00:01.250Z"}
    return json.dumps({**own, **known, **changed}) + "\n"


def test_a_label_is_known_from_its_arrival_but_not_before_it_was_given(tmp_path: Path) -> None:
    texts = [line(), line(arrived_at="2018-04-02T11:00:00Z"), line(shard_id="backfill"), line(arrived_at=None)]
    given = (NOON + 86_400) * 1_000
    assert put_lines(tmp_path, "".join(texts)).column(columns.ARRIVED).to_pylist() == [
        given + 1_250,
        given,
        given,
        given,
    ]


def test_blank_objects_hold_no_labels(tmp_path: Path) -> None:
    assert put_lines(tmp_path, " \n").num_rows == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("not json\n", "one.jsonl is not labels as JSON lines"),
        (line(fraud="yes"), "one.jsonl is not labels as JSON lines"),
        (line(fraud=None), "fraud of .*one.jsonl is null in 1 rows"),
    ],
)
def test_what_is_no_label_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(LakeError, match=named):
        put_lines(tmp_path, text)
