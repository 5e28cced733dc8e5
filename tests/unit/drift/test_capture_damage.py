"""Lines of capture that somebody else wrote, or that were damaged: refused in words, or read without what is wrong."""

from typing import Any

import pytest

from headrace.drift import capture
from headrace.errors import RejectedError

SIDE = {"data": '{"instances": [{"amount": 1.0}]}', "encoding": "JSON"}


@pytest.mark.parametrize(
    "side",
    [
        "text",
        5,
        ["a"],
        {"data": 7},
        {"data": "[" * 100_000, "encoding": "JSON"},
        {"data": "a\x00\rb", "encoding": "CSV"},
    ],
    ids=["text", "number", "list", "no text", "nested for ever", "no CSV"],
)
def test_a_side_that_is_none_is_refused_or_read(side: Any) -> None:
    try:
        assert list(capture.rows({"captureData": {"endpointInput": side}}))
    except RejectedError as exc:
        assert exc.reason


@pytest.mark.parametrize("about", ["text", 5, None, []])
def test_rows_of_a_line_without_metadata_have_no_id(about: Any) -> None:
    (row,) = capture.rows({"captureData": {"endpointInput": SIDE}, "eventMetadata": about})
    assert (row.inference_id, row.time) == ("", "")
