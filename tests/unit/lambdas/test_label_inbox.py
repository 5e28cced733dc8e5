"""Files of labels onto the stream: whole, in slices, packed, broken, twice, deleted, under any fault."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbox_fakes import FRAUD, GIVEN, HEADER, cells, csv_file, json_file, packed, world
from inbox_files import KEY, sent, undated
from lambda_fakes import Faults
from shard_records import START, label

from headrace.schema import LabelRecord, format_timestamp

FAULTS = ("before", "after", "throttle", "lose")


def test_every_label_of_a_file_comes_to_the_stream_in_its_order_under_its_primary_key() -> None:
    its = world()
    body = its.put(KEY, csv_file(*(cells(number, fraud=number % 2) for number in range(1_203))))
    (handled,) = its.work(body)
    assert (handled.result, handled.sent, handled.rejected) == ("finished", 1_203, 0)
    assert [it.event_id for it in sent(its)] == [f"e{number:06}" for number in range(1_203)]
    assert {it.labelled_at for it in sent(its)} == {GIVEN}
    assert its.stream.records[3].key == "c3"
    assert its.stream.calls == [500, 500, 203]


def test_a_finished_file_leaves_a_receipt() -> None:
    its = world()
    its.work(its.put(KEY, csv_file(cells(1), "wrong", cells(2))))
    assert its.receipts == [
        {
            "file": KEY,
            "version": "v1",
            "modified": format_timestamp(GIVEN),
            "lines": 4,
            "sent": 2,
            "rejected": 1,
            "problem": None,
        }
    ]
    (name,) = [key for key in its.store.objects if key.startswith("labels-inbox-receipts/")]
    assert name.startswith("labels-inbox-receipts/2023/day.csv.")


def test_a_rejected_line_is_kept_with_file_line_reason_and_bytes() -> None:
    its = world()
    its.work(its.put(KEY, csv_file(cells(1), cells(2, fraud="maybe"))))
    (row,) = its.refused
    assert base64.b64decode(str(row.pop("data"))).decode() == cells(2, fraud="maybe")
    assert row == {
        "reason": "is not 0, 1, true or false",
        "field": "fraud",
        "file": KEY,
        "version": "v1",
        "line": 3,
    }
    assert [key.rpartition("/")[0] for key in its.store.objects if key.startswith("quarantine/")] == [
        "quarantine/label_inbox/dt=2023-11-22"
    ]


def test_of_a_long_wrong_line_only_the_beginning_is_kept() -> None:
    its = world()
    its.work(its.put("labels-inbox/a.jsonl", b"x" * 80_000 + b"\n" + json_file(label(1))))
    (row,) = its.refused
    assert len(base64.b64decode(str(row["data"]))) == 4_096
    assert [it.event_id for it in sent(its)] == ["e000001"]


def test_thousands_of_wrong_lines_are_all_kept_in_few_objects() -> None:
    its = world()
    its.work(its.put(KEY, csv_file(*(["wrong"] * 1_750))))
    assert [row["line"] for row in its.refused] == list(range(2, 1_752))
    assert len([key for key in its.store.objects if key.startswith("quarantine/")]) == 4


@pytest.mark.parametrize("key", ["labels-inbox/a.jsonl", "labels-inbox/deep/er/A.JSONL.GZ", "labels-inbox/b.csv.gz"])
def test_every_kind_of_file_says_the_same(key: str) -> None:
    its = world()
    data = csv_file(cells(1), cells(2)) if ".csv" in key else json_file(*(undated(number) for number in (1, 2)))
    its.work(its.put(key, packed(data) if key.lower().endswith(".gz") else data))
    assert sent(its) == [
        LabelRecord(f"e00000{number}", START, {"customer": f"c{number}", "terminal": "t1"}, 1, GIVEN)
        for number in (1, 2)
    ]


@pytest.mark.parametrize(
    ("key", "data", "problem"),
    [
        ("labels-inbox/a.xlsx", b"PK", "its name ends neither in .csv nor in .jsonl"),
        ("labels-inbox/a", b"", "its name ends neither"),
        ("labels-inbox/a.csv", b"id;fraud\n1;0\n", "the first line lacks customer_id"),
        ("labels-inbox/a.csv", csv_file(cells(1)).decode().encode("utf-16"), "is UTF-16"),
        ("labels-inbox/a.csv", packed(csv_file(cells(1))), "does not end in .gz"),
        ("labels-inbox/a.csv.gz", csv_file(cells(1)), "is not gzip"),
        ("labels-inbox/a.csv.gz", packed(b"\0" * 60_000_000), "unpacks to more than 250 times its size"),
        ("labels-inbox/a.csv.zip", b"PK\x03\x04", "its name ends neither"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_says_why_once(key: str, data: bytes, problem: str) -> None:
    its = world()
    its.bucket.chunk = 65_536
    (handled,) = its.work(its.put(key, data))
    assert (handled.result, handled.rejected, its.stream.records) == ("finished", 1, [])
    assert problem in str(its.refused[0]["reason"])
    assert (its.refused[0]["line"], its.receipts[0]["problem"]) == (1, its.refused[0]["reason"])


def test_labels_before_the_damage_of_a_packed_file_are_kept() -> None:
    its = world()
    rows = [cells(number, terminal=f"t{number * 7919 % 1_000_003}") for number in range(2_000)]
    its.work(its.put("labels-inbox/a.csv.gz", packed(csv_file(*rows))[:-4_000]))
    count = len(its.stream.records)
    assert 500 < count < 2_000
    assert its.receipts[0] | {"modified": ""} == {
        "file": "labels-inbox/a.csv.gz", "version": "v1", "modified": "", "lines": count + 1,
        "sent": count, "rejected": 1, "problem": "ends in the middle of its packed data",
    }  # fmt: skip
    assert its.refused[0]["line"] == count + 2


def test_an_empty_file_and_one_of_a_first_line_only_are_finished_at_once() -> None:
    its = world()
    its.work(
        its.put("labels-inbox/a.csv", b""),
        its.put("labels-inbox/b.csv", HEADER.encode()),
        its.put("labels-inbox/c.csv.gz", b""),
    )
    assert [(row["sent"], row["rejected"]) for row in its.receipts] == [(0, 0)] * 3
    assert its.refused == []


def test_a_label_that_grows_beyond_a_record_is_refused() -> None:
    line = cells(1)
    tight = replace(FRAUD, event=replace(FRAUD.event, max_bytes=len(line) + 20))
    its = world(tight)
    its.work(its.put(KEY, csv_file(line)))
    assert its.refused[0]["reason"] == f"is larger than {len(line) + 20} bytes"
    assert its.stream.records == []


@given(
    wrong=st.sets(st.integers(0, 1_299), max_size=6),
    count=st.integers(0, 1_300),
    plan=st.lists(st.sampled_from(["ok", "ok", "ok", *FAULTS]), max_size=25),
    slice_s=st.sampled_from([0.5, 1.5, 60.0]),
    ending=st.sampled_from([".csv", ".csv.gz"]),
)
def test_faults_in_any_order_lose_no_label_and_leave_one_receipt(
    wrong: set[int], count: int, plan: list[str], slice_s: float, ending: str
) -> None:
    data = csv_file(*("wrong" if number in wrong else cells(number) for number in range(count)))
    its = world(faults=Faults(plan), slice_s=slice_s)
    its.bucket.chunk = 4_096
    its.work(its.put("labels-inbox/a" + ending, packed(data) if ending.endswith("gz") else data))
    right = [f"e{number:06}" for number in range(count) if number not in wrong]
    assert sorted({it.event_id for it in sent(its)}) == right
    assert len({it.data for it in its.stream.records}) == len(right)
    assert {row["line"] for row in its.refused} == {number + 2 for number in wrong if number < count}
    assert [(row["sent"], row["rejected"]) for row in its.receipts] == [(len(right), count - len(right))]
