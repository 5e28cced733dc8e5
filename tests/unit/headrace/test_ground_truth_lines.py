"""Ground-truth files read back: ours by what they say, other people's by their folder, rubbish counted."""

import json
from itertools import permutations

import pytest

from headrace.ground_truth import Truth, read_truths, truth_line
from headrace.schema import LabelRecord

HOUR = 1_700_006_400
"""2023-11-15T00:00:00Z."""
FOLDER = "ground-truth/2023/11/15/00/"


def ours(value: int, *, given: int, at: int = HOUR - 90_000, name: str = "e1") -> bytes:
    return json.dumps(truth_line(name, LabelRecord(name, at, {}, value, given))).encode()


def foreign(value: object, name: object = "e1") -> bytes:
    """As the AWS documentation has it."""
    document = {"groundTruthData": {"data": value, "encoding": "CSV"}, "eventMetadata": {"eventId": name}}
    return json.dumps(document | {"eventVersion": "0"}).encode()


def test_a_line_is_what_model_monitor_documents_and_when_it_was_given() -> None:
    assert json.loads(ours(1, given=HOUR)) == {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {
            "eventId": "e1",
            "customAttributes": ["labelled_at=2023-11-15T00:00:00Z", "timestamp=2023-11-13T23:00:00Z"],
        },
        "eventVersion": "0",
    }


def test_the_label_given_last_counts_in_whatever_order_files_come() -> None:
    files = [
        (FOLDER + "b", [ours(1, given=HOUR + 2)]),
        ("ground-truth/2023/11/16/00/a", [ours(0, given=HOUR + 1), b""]),
        ("ground-truth/2024/11/16/00/a", [ours(0, given=HOUR)]),
    ]
    for order in permutations(files):
        read = read_truths(order)
        assert (read.last, read.unreadable) == ({"e1": Truth("e1", 1, HOUR + 2, HOUR - 90_000)}, 0)


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        (ours(1, given=HOUR), ours(0, given=HOUR), 1),
        (ours(1, given=HOUR), ours(0, given=HOUR, at=HOUR - 5), 0),
    ],
    ids=["the larger value", "the later event time"],
)
def test_within_one_second_the_rule_of_window_state_decides(one: bytes, other: bytes, value: int) -> None:
    for order in ([one, other], [other, one]):
        assert read_truths([(FOLDER + "a", order)]).last["e1"].value == value


def test_labels_given_later_are_not_known_yet() -> None:
    file = (FOLDER + "a", [ours(1, given=HOUR), ours(0, given=HOUR + 9), ours(1, given=HOUR + 9, name="e2")])
    assert {name: it.value for name, it in read_truths([file], known_until=HOUR + 8).last.items()} == {"e1": 1}


def test_lines_of_others_count_as_given_in_the_hour_of_their_folder() -> None:
    file = (FOLDER + "a.jsonl", [foreign("1")])
    assert read_truths([file]).last["e1"] == Truth("e1", 1, HOUR, -1)
    before, after = ours(0, given=HOUR - 1), ours(0, given=HOUR + 1)
    assert read_truths([(FOLDER + "b", [before]), file]).last["e1"].value == 1
    assert read_truths([(FOLDER + "b", [after]), file]).last["e1"].value == 0


def test_of_others_in_one_hour_the_last_by_key_and_line_counts() -> None:
    files = [(FOLDER + "a", [foreign("1"), foreign("0")]), (FOLDER + "b", [foreign("0"), foreign("true")])]
    for order in permutations(files):
        assert read_truths(order).last["e1"].value == 1


@pytest.mark.parametrize(
    "line",
    [
        b"no", b"[]", b"{}", b"\xff", foreign("maybe"), foreign("1", 7), foreign("1", ""), foreign(None),
        json.dumps({"groundTruthData": {"data": "1"}, "eventMetadata": "e1"}).encode(),
        ours(1, given=HOUR).replace(b"2023-11-15T00", b"yesterday"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_counted_and_the_others_are_read(line: bytes) -> None:
    read = read_truths([(FOLDER + "a", [line, ours(1, given=HOUR, name="e2")])])
    assert (set(read.last), read.unreadable) == ({"e2"}, 1)


@pytest.mark.parametrize("key", ["a.jsonl", "ground-truth/2023/13/15/00/a", "ground-truth/2023/11/15/a"])
def test_a_line_without_time_in_a_folder_without_hour_cannot_be_placed(key: str) -> None:
    assert read_truths([(key, [foreign("1")])]).unreadable == 1
