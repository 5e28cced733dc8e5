"""The short way of reading an object gives what the strict one gives, whatever the text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import RejectedError
from headrace.json_object import read_object

NAMES = st.sampled_from(["a", "b", 'a":', "b :", ":", "a b"])
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | NAMES
VALUES = st.recursive(SIMPLE, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2))
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
BLANKS = st.sampled_from(["", " ", "\n", "\t "])


def strict(text):
    """The object as a reader sees it who is told of every field; None if it is none or has a field twice."""
    twice = []

    def pairs(found):
        twice.append(len(dict(found)) != len(found))
        return dict(found)

    value = json.loads(text, object_pairs_hook=pairs)
    finite = not any(word in text for word in ("NaN", "Infinity"))
    return value if isinstance(value, dict) and not any(twice) and finite else None


@given(PAIRS, BLANKS, BLANKS, BLANKS)
def test_an_object_is_read_or_refused_as_the_strict_reader_does(pairs, before, colon, after):
    fields = (f"{before}{json.dumps(name)}{colon}:{after}{json.dumps(value)}{before}" for name, value in pairs)
    text = after + "{" + ",".join(fields) + "}" + after
    expected = strict(text)
    if expected is None:
        with pytest.raises(RejectedError):
            read_object(text.encode(), max_bytes=10_000)
    else:
        assert read_object(text.encode(), max_bytes=10_000) == expected


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', '{"a":1,"a" :1}', '{"a" :1,"a":1}', '{"a":{"b":1,"b":1}}', '{"a":[{"b":1,"b":2}]}'],
)
def test_a_field_that_is_there_twice_is_refused_however_it_is_written(text):
    with pytest.raises(RejectedError, match="is there twice"):
        read_object(text.encode(), max_bytes=100)
