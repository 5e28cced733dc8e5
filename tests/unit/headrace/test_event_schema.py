"""Events and labels from outside: accepted with their types, or rejected naming the field."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outside_events import EVENT
from window_cases import USECASE

from headrace.errors import RejectedError
from headrace.schema import (
    coerce_event,
    format_timestamp,
    parse_timestamp,
)
from headrace.usecase import Field
from headrace.values import LATEST, coerce

INTEGER = Field(name="items", type="integer", minimum=1, maximum=9)


def rejected(raw: dict, **options: object) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        coerce_event(USECASE, raw, **options)
    return caught.value


def test_a_whole_event_comes_back_with_the_types_of_its_fields():
    event = coerce_event(USECASE, EVENT)
    assert event == EVENT | {"timestamp": 1_533_117_600, "amount": 12.0}
    assert list(event) == [field.name for field in USECASE.event.fields]
    assert isinstance(event["amount"], float)


@pytest.mark.parametrize("tip", [{}, {"tip": None}])
def test_an_optional_field_that_is_absent_or_null_is_none(tip):
    assert coerce_event(USECASE, {name: EVENT[name] for name in EVENT if name != "tip"} | tip)["tip"] is None


@pytest.mark.parametrize("name", [field.name for field in USECASE.event.fields if field.required])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_required_field_that_is_absent_or_null_is_named(name, how):
    raw = {key: EVENT[key] for key in EVENT if key != name} | ({name: None} if how == "null" else {})
    error = rejected(raw)
    assert (error.field, error.reason) == (name, "is missing")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("event_id", 5, "is not a string"),
        ("event_id", "", "is empty"),
        ("event_id", "x" * 65, "is longer than 64 characters"),
        ("customer_id", "a\0b", "has control characters"),
        ("customer_id", "a\nb", "has control characters"),
        ("customer_id", "a\x85b", "has control characters"),
        ("customer_id", "a\ud800b", "half of a surrogate pair"),
        ("customer_id", True, "is not a string"),
        ("amount", "12", "is not a number"),
        ("amount", True, "is not a number"),
        ("amount", [1], "is not a number"),
        ("amount", float("nan"), "is not a finite number"),
        ("amount", float("-inf"), "is not a finite number"),
        ("amount", 10**400, "is not a finite number"),
        ("amount", 1e10, "is above 1e+09"),
        ("amount", -1e10, "is below -1e+09"),
        ("online", 1, "is not true or false"),
        ("timestamp", True, "is neither ISO-8601 text nor seconds"),
        ("timestamp", {}, "is neither ISO-8601 text nor seconds"),
        ("timestamp", "yesterday", "is not an ISO-8601 time"),
        ("timestamp", "2018-08-01T10:00:00", "has no offset from UTC"),
        ("timestamp", "2018-08-01", "has no offset from UTC"),
        ("timestamp", -1, "is outside 1970 to 2200"),
        ("timestamp", LATEST, "is outside 1970 to 2200"),
        ("timestamp", float("nan"), "is outside 1970 to 2200"),
        ("timestamp", float("inf"), "is outside 1970 to 2200"),
        ("timestamp", 10**30, "is outside 1970 to 2200"),
        ("timestamp", "2200-01-01T00:00:00Z", "is outside 1970 to 2200"),
        ("timestamp", "0001-01-01T00:00:00+23:59", "is outside 1970 to 2200"),
    ],
)
def test_a_wrong_value_is_rejected_naming_its_field_and_not_repeating_it(name, value, reason):
    error = rejected(EVENT | {name: value})
    assert error.field == name
    assert reason in error.reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (5.0, "whole number"),
        (True, "whole number"),
        ("5", "whole number"),
        (0, "is below 1"),
        (10, "is above 9"),
        (2**63, "does not fit in 64 bits"),
        (-(2**63) - 1, "does not fit in 64 bits"),
    ],
)
def test_integers_are_exact(value, reason):
    with pytest.raises(RejectedError, match=reason):
        coerce(INTEGER, value)
    assert coerce(INTEGER, 5) == 5


@pytest.mark.parametrize("value", [1.1e30, -1.1e30, 10**31, 1e308])
def test_numbers_whose_sums_and_squares_would_overflow_are_rejected_even_without_a_range(value):
    with pytest.raises(RejectedError, match=r"weight: is beyond 1e\+30 in size"):
        coerce(Field(name="weight", type="number"), value)
    assert coerce(Field(name="weight", type="number"), 1e30) == 1e30


def test_use_cases_do_not_share_what_was_compiled_for_one_of_them():
    for limit in range(40):
        narrow = Field(name="amount", type="number", maximum=limit)
        fields = tuple(narrow if field.name == "amount" else field for field in USECASE.event.fields)
        usecase = replace(USECASE, event=replace(USECASE.event, fields=fields))
        assert coerce_event(usecase, EVENT | {"amount": limit})["amount"] == limit
        with pytest.raises(RejectedError, match=f"above {limit}"):
            coerce_event(usecase, EVENT | {"amount": limit + 1})


def test_a_string_may_be_limited_to_some_values():
    field = Field(name="channel", type="string", allowed=("web", "shop"))
    assert coerce(field, "web") == "web"
    with pytest.raises(RejectedError, match="channel: is not one of the allowed values"):
        coerce(field, "Web")


def test_an_optional_string_may_be_empty_and_letters_of_any_script_are_welcome():
    assert coerce(Field(name="note", type="string", required=False), "") == ""
    assert (
        coerce(Field(name="note", type="string"), "Grüße 東京 \U0001f600 a\u200bb") == "Grüße 東京 \U0001f600 a\u200bb"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2018-08-01T10:00:00Z", 1_533_117_600),
        ("2018-08-01T12:00:00+02:00", 1_533_117_600),
        ("2018-08-01T10:00:00.999999+00:00", 1_533_117_600),
        (1_533_117_600, 1_533_117_600),
        (1_533_117_600.9, 1_533_117_600),
        ("1970-01-01T00:00:00Z", 0),
        ("2199-12-31T23:59:59Z", LATEST - 1),
    ],
)
def test_times_are_read_as_whole_seconds_rounded_down(text, seconds):
    assert parse_timestamp(text, field="timestamp") == seconds


@given(st.integers(0, LATEST - 1))
def test_a_written_time_is_read_back(timestamp):
    text = format_timestamp(timestamp)
    assert parse_timestamp(text, field="timestamp") == timestamp
    assert len(text) == len("2018-08-01T10:00:00Z")
    assert text.endswith("Z")


def test_unknown_fields_are_ignored_unless_they_are_to_be_rejected():
    assert "colour" not in coerce_event(USECASE, EVENT | {"colour": "red"})
    error = rejected(EVENT | {"colour": "red"}, unknown_fields="reject")
    assert (error.field, error.reason) == ("colour", "is not a field of the event")
    assert coerce_event(USECASE, EVENT | {"tip": None}, unknown_fields="reject")["tip"] is None


def test_the_name_of_an_unknown_field_is_cut_and_made_plain():
    assert rejected(EVENT | {"\ud800" + "x" * 100: 1}, unknown_fields="reject").field == "\\ud800" + "x" * 63


def test_an_event_from_the_future_is_rejected_when_a_latest_time_is_given():
    assert coerce_event(USECASE, EVENT, latest=1_533_117_600)
    error = rejected(EVENT, latest=1_533_117_599)
    assert (error.field, error.reason) == ("timestamp", "lies in the future")
