"""Large files of labels: in slices, at the pace of the stream, twice, of another version, gone."""

import pytest
from inbox_fakes import cells, created, csv_file, json_file, packed, world
from inbox_files import KEY, sent, undated
from lambda_fakes import Faults
from shard_records import label

from lambdas.label_inbox.settings import FOLDERS
from lambdas.shared.files.inbox import take
from lambdas.shared.files.places import Place


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".jsonl", ".jsonl.gz"])
def test_a_large_file_goes_on_where_its_time_was_over(ending: str) -> None:
    its = world(slice_s=2.0)
    rows = [cells(number) if number % 50 else "wrong" for number in range(1, 4_200)]
    data = (
        csv_file(*rows) if ".csv" in ending else json_file(*(undated(it) if it % 50 else {} for it in range(1, 4_200)))
    )
    handled = its.work(its.put("labels-inbox/a" + ending, packed(data) if ending.endswith("gz") else data))
    assert [it.result for it in handled] == ["continued"] * 4 + ["finished"]
    assert [it.event_id for it in sent(its)] == [f"e{number:06}" for number in range(1, 4_200) if number % 50]
    first = 2 if ".csv" in ending else 1
    assert [row["line"] for row in its.refused] == [number + first - 1 for number in range(50, 4_200, 50)]
    assert (its.receipts[0]["sent"], its.receipts[0]["rejected"]) == (4_116, 83)
    assert sum(it.sent for it in handled) == 4_116
    offsets = its.bucket.opened
    assert set(offsets) == {0} if ending.endswith("gz") else offsets == sorted(set(offsets))


def test_a_slice_reads_no_more_of_the_file_than_it_needs() -> None:
    its = world(slice_s=1.0)
    body = its.put(KEY, csv_file(*(cells(number) for number in range(5_000))))
    take(body, its.function, deadline=1e9)
    assert its.bucket.pulled * its.bucket.chunk < 25_000


def test_the_deadline_of_the_invocation_ends_a_slice_too() -> None:
    its = world()
    handled = take(its.put(KEY, csv_file(*(cells(number) for number in range(1_501)))), its.function, deadline=2.0)
    assert (handled.result, handled.sent) == ("continued", 1_000)


def test_a_full_stream_pauses_the_file_and_loses_nothing() -> None:
    its = world(faults=Faults(["ok", "throttle"]))
    body = its.put(KEY, csv_file(*(cells(number) for number in range(700))))
    handled = take(body, its.function, deadline=1e9)
    assert (handled.result, handled.sent, its.queue.delays) == ("continued", 500, [30])
    its.work(*its.queue.bodies)
    assert len({it.event_id for it in sent(its)}) == 700


def test_a_stream_that_takes_nothing_leaves_the_message_in_the_queue() -> None:
    its = world(faults=Faults(["throttle"]))
    handled = take(its.put("labels-inbox/a.jsonl", json_file(label(1))), its.function, deadline=1e9)
    assert (handled.result, handled.done, its.queue.bodies) == ("waiting", False, [])


def test_the_same_event_twice_changes_nothing() -> None:
    its = world()
    body = its.put(KEY, csv_file(cells(1), "wrong"))
    its.work(body)
    before, count = dict(its.store.objects), len(its.stream.records)
    assert [it.result for it in its.work(body)] == ["repeated"]
    assert (its.store.objects, len(its.stream.records)) == (before, count)


def test_another_version_of_a_file_is_another_file() -> None:
    its = world()
    its.work(its.put(KEY, csv_file(cells(1))))
    its.work(created(KEY, "v2"))
    assert [row["version"] for row in its.receipts] == sorted(str(row["version"]) for row in its.receipts)
    assert len(its.receipts) == len(its.stream.records) == 2


def test_without_versions_the_sequence_of_writings_tells_a_new_file_from_the_same_event_twice() -> None:
    its = world()
    its.put(KEY, csv_file(cells(1)))
    bodies = [created(KEY, "").replace("0055", number) for number in ("0055", "0055", "0056")]
    assert [it.result for it in its.work(*bodies)] == ["finished", "repeated", "finished"]
    assert {row["version"] for row in its.receipts} == {"0055", "0056"}


def test_a_file_that_is_gone_needs_nothing() -> None:
    its = world()
    assert [it.result for it in its.work(created(KEY))] == ["gone"]
    assert its.store.objects == {}


@pytest.mark.parametrize("key", ["labels-inbox/", "labels-inbox/2024/", "events/a.csv", "labels-inbox-receipts/a.csv"])
def test_what_is_no_file_of_the_inbox_is_left_alone(key: str) -> None:
    its = world()
    assert [it.result for it in its.work(its.put(key, b""))] == ["ignored"]
    assert (its.bucket.opened, its.store.objects) == ([], {})


@pytest.mark.parametrize("body", ["", "no", "{}", "[]", "7", '{"label_inbox": {"path": 1}}', '{"label_inbox": 3}',
                                  '{"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}}'])  # fmt: skip
def test_a_message_that_nobody_can_read_stays_for_people(body: str) -> None:
    its = world()
    handled = take(body, its.function, deadline=1e9)
    assert (handled.result, handled.done) == ("unreadable", False)


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd.csv",
        "./a.csv",
        "//a.csv",
        "a b+c%2F=.csv",
        "ä\u2028\x07.csv",
        "half\ud800.csv",
        "x" * 1_000 + ".csv",
        "...csv",
        "-rf.csv",
    ],
)
def test_an_odd_name_reaches_no_other_place(key: str) -> None:
    its = world()
    its.work(its.put("labels-inbox/" + key, csv_file(cells(1), "wrong")))
    assert len(its.receipts) == len(its.refused) == 1
    for name in its.store.objects:
        assert name.startswith(("labels-inbox-receipts/", "quarantine/label_inbox/dt="))
        assert name.isascii()
        assert name.isprintable()
        assert len(name) < 1_024
        assert not {"", ".", ".."} & {*name.split("/")}
    assert its.receipts[0]["file"] == "labels-inbox/" + key


def test_a_place_survives_its_message() -> None:
    place = Place(key=KEY, version="v", sequencer="e", modified=5, offset=7, line=3, sent=2, rejected=1, header='a;"b"')
    assert FOLDERS.read_message(FOLDERS.message(place)) == place
