"""Bytes from outside: one JSON object, or rejected with the reason; nothing raises anything else."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from outside_events import EVENT, refused
from outside_labels import LABEL
from window_cases import USECASE, shop

from headrace.errors import RejectedError
from headrace.schema import (
    coerce_event,
    coerce_label,
    parse_event,
    parse_label,
)


def test_an_event_is_read_from_json():
    assert parse_event(USECASE, json.dumps(EVENT).encode()) == coerce_event(USECASE, EVENT)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b'{"a": 1} {"a": 2}', "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b'{"amount": NaN}', "NaN is not JSON"),
        (b'{"amount": -Infinity}', "-Infinity is not JSON"),
        (b"[" * 50_000, "is nested too deeply"),
        (b'{"amount": ' + b"9" * 5_000 + b"}", "is not JSON"),
        (b" " * 65_537, "is larger than 65536 bytes"),
    ],
)
def test_bytes_that_are_no_json_object_are_rejected_with_the_reason(data, reason):
    error = refused(data)
    assert (error.field, error.reason) == (None, reason)


@pytest.mark.parametrize("data", [b'{"amount": 1, "amount": 2}', b'{"x": {"amount": 1, "amount": 2}}'])
def test_a_field_that_is_there_twice_is_named(data):
    error = refused(data)
    assert (error.field, error.reason) == ("amount", "is there twice")


def test_a_number_too_large_for_a_double_is_not_finite():
    assert refused(json.dumps(EVENT).replace("12", "1e999").encode()).reason == "is not a finite number"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(list(EVENT.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(EVENT)), inner, max_size=8),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from([*EVENT, "colour", "labelled_at", "returned"]), JSON))
@example(EVENT)
def test_no_mapping_raises_anything_but_a_rejection(raw):
    for coerced in (
        lambda: coerce_event(USECASE, raw),
        lambda: coerce_event(USECASE, EVENT | raw, unknown_fields="reject", latest=10),
        lambda: coerce_label(USECASE, LABEL | raw),
        lambda: parse_event(USECASE, json.dumps(EVENT | raw).encode("utf-8", "surrogatepass")),
        lambda: parse_label(USECASE, json.dumps(raw).encode()),
    ):
        try:
            coerced()
        except RejectedError as error:
            assert error.reason


@given(st.binary(max_size=60) | st.text('{}[]":,0123456789eE+-.ntrufals\\ ', max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_a_rejection(data):
    with pytest.raises(RejectedError):
        parse_event(shop(), data)
    with pytest.raises(RejectedError):
        parse_label(shop(), data)
