"""Labels from outside: accepted with their types and times, or rejected naming the field."""

import json

import pytest
from outside_labels import LABEL
from window_cases import USECASE

from headrace.errors import RejectedError
from headrace.schema import (
    LabelRecord,
    coerce_label,
    parse_label,
)


def test_a_label_is_read_with_one_key_per_entity():
    expected = LabelRecord("e1", 1_533_117_600, {"customer": "c1", "shop": "s1"}, 1, 1_533_200_000)
    assert coerce_label(USECASE, LABEL) == expected
    assert parse_label(USECASE, json.dumps(LABEL | {"returned": True, "by": "x"}).encode()) == expected


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("event_id", None, "is missing"),
        ("event_id", 7, "is not a string"),
        ("timestamp", "2018-08-01T10:00:00", "has no offset"),
        ("customer_id", "", "is empty"),
        ("shop_id", None, "is missing"),
        ("returned", 2, "is not 0, 1, true or false"),
        ("returned", 1.0, "is not 0, 1, true or false"),
        ("returned", "1", "is not 0, 1, true or false"),
        ("returned", None, "is missing"),
        ("labelled_at", None, "is missing"),
        ("labelled_at", "x", "is not an ISO-8601 time"),
        ("labelled_at", 1_533_117_599, "is before the event"),
    ],
)
def test_a_wrong_label_is_rejected_naming_the_field(name, value, reason):
    with pytest.raises(RejectedError) as caught:
        coerce_label(USECASE, LABEL | {name: value})
    assert caught.value.field == name
    assert reason in caught.value.reason


def test_a_label_from_the_future_is_rejected_so_that_it_empties_no_window():
    at = LABEL["labelled_at"]
    assert coerce_label(USECASE, LABEL, latest=at).labelled_at == at
    with pytest.raises(RejectedError, match="labelled_at: lies in the future"):
        parse_label(USECASE, json.dumps(LABEL).encode(), latest=at - 1)


def test_a_label_that_does_not_say_when_it_was_given_takes_the_time_it_is_offered():
    raw = {name: value for name, value in LABEL.items() if name != "labelled_at"}
    at = LABEL["labelled_at"] + 5
    assert parse_label(USECASE, json.dumps(raw).encode(), labelled_at=at).labelled_at == at
    assert coerce_label(USECASE, LABEL, labelled_at=at).labelled_at == LABEL["labelled_at"]
    with pytest.raises(RejectedError, match="labelled_at: is before the event"):
        coerce_label(USECASE, raw, labelled_at=LABEL["timestamp"] - 1)
