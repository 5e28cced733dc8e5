"""Captured lines of any encoding, ours and native, read as rows."""

import base64
import json
from typing import Any

import pytest

from headrace.drift import capture
from headrace.errors import RejectedError


def line(request: Any, answer: Any, encodings: tuple[str, str] = ("JSON", "JSON")) -> dict[str, Any]:
    sides = []
    for it, encoding in zip((request, answer), encodings, strict=True):
        text = it if isinstance(it, str) else json.dumps(it)
        sides.append(base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text)
    return {
        "captureData": {
            "endpointInput": {
                "observedContentType": "x", "mode": "INPUT", "data": sides[0], "encoding": encodings[0],
            },
            "endpointOutput": {
                "observedContentType": "x", "mode": "OUTPUT", "data": sides[1], "encoding": encodings[1],
            },
        },
        "eventMetadata": {"eventId": "e", "inferenceId": "i-1", "inferenceTime": "2026-01-01T00:00:00Z"},
        "eventVersion": "0",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_our_own_capture_is_one_row_per_instance(encoding: str) -> None:
    request = {"instances": [{"a": 1.5, "b": None}, {"a": 2, "b": 3}], "explain": 0}
    answer = {"predictions": [{"score": 0.1, "decision": "OK"}, {"score": 0.9, "decision": "BLOCK"}]}
    found = list(capture.rows(line(request, answer, (encoding, encoding))))
    assert [it.columns for it in found] == [
        {"score": 0.1, "decision": "OK", "a": 1.5, "b": None},
        {"score": 0.9, "decision": "BLOCK", "a": 2, "b": 3},
    ]
    assert [(it.inference_id, it.single) for it in found] == [("i-1", False)] * 2


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_rows_that_were_asked_together_keep_their_own_ids(encoding: str) -> None:
    answer = {"predictions": [{"score": 0.1}, {"score": 0.9}]}
    found = list(capture.rows(line({"instances": [{"a": 1}, {"a": 2}], "ids": ["x", "y"]}, answer, (encoding,) * 2)))
    assert [(it.inference_id, it.single, it.columns) for it in found] == [
        ("x", True, {"score": 0.1, "a": 1}),
        ("y", True, {"score": 0.9, "a": 2}),
    ]


@pytest.mark.parametrize(
    ("request_", "answer", "encodings", "names"),
    [
        ({"a": 1}, {"score": 0.1, "a": 2}, ("JSON", "JSON"), {"score"}),
        ({"a": 1}, "0.1,OK", ("JSON", "CSV"), {"_c0", "_c1"}),
        ("1,2", {"score": 0.1}, ("CSV", "JSON"), {"score"}),
        ("1,2", "0.1", ("CSV", "CSV"), set()),
    ],
)
def test_columns_of_answers_are_told_from_features_whatever_the_encodings(
    request_: Any, answer: Any, encodings: tuple[str, str], names: set[str]
) -> None:
    (found,) = capture.rows(line(request_, answer, encodings))
    assert found.answers == names
    assert found.answers <= found.columns.keys()


@pytest.mark.parametrize("ids", [["x"], ["x", 2], "xy", {"x": 1, "y": 2}, None, ["x", "y", "z"]])
def test_ids_that_are_not_one_per_row_name_nobody(ids: object) -> None:
    answer = {"predictions": [{"score": 0.1}, {"score": 0.9}]}
    found = list(capture.rows(line({"instances": [{"a": 1}, {"a": 2}], "ids": ids}, answer)))
    assert [(it.inference_id, it.single) for it in found] == [("i-1", False)] * 2


def test_a_request_that_only_speaks_of_ids_is_read_as_before() -> None:
    found = list(capture.rows(line('"ids",7', "0.5", ("CSV", "CSV"))))
    assert [(it.inference_id, it.single, it.columns) for it in found] == [
        ("i-1", True, {"_c0": 0.5, "_c1": "ids", "_c2": 7.0})
    ]


@pytest.mark.parametrize(
    ("request_", "answer", "encodings", "expected"),
    [
        ("1,2.5,red\n", "0.7", ("CSV", "CSV"), [{"_c0": 0.7, "_c1": 1.0, "_c2": 2.5, "_c3": "red"}]),
        ("1\n,\n", "7\n2", ("CSV", "BASE64"), [{"_c0": 7, "_c1": 1}, {"_c0": 2, "_c1": None, "_c2": None}]),
        ({"a": {"b": 1}, "c": [1, 2]}, "0.5", ("JSON", "CSV"), [{"_c0": 0.5, "a.b": 1, "c": "[1, 2]"}]),
        ([[1], [3]], [[0.1], [0.2]], ("JSON", "JSON"), [{"_c0": 0.1, "_c1": 1}, {"_c0": 0.2, "_c1": 3}]),
        ('{"a": 1}\n{"a": 2}', "0.1\n0.2", ("JSON", "CSV"), [{"_c0": 0.1, "a": 1}, {"_c0": 0.2, "a": 2}]),
        ({"features": {"a": 1}}, {"score": 1}, ("JSON", "JSON"), [{"score": 1, "a": 1}]),
    ],
)  # fmt: skip
def test_native_capture_of_any_encoding_is_read(
    request_: Any, answer: Any, encodings: tuple[str, str], expected: list[dict[str, Any]]
) -> None:
    assert [it.columns for it in capture.rows(line(request_, answer, encodings))] == expected


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (line("{", "1"), "no JSON"),
        (line("1\n2", "0.1", ("CSV", "CSV")), "2 requests and 1 answers"),
        (line("1", "1", ("XML", "CSV")), "unknown encoding"),
        ({"captureData": {"endpointInput": {"data": 3}}}, "no data"),
        ({"captureData": {"endpointInput": {"data": "!", "encoding": "BASE64"}}}, "no text"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(RejectedError, match=words):
        list(capture.rows(wrong))


def test_a_capture_is_told_from_any_other_line() -> None:
    assert capture.is_capture(line("1", "1", ("CSV", "CSV")))
    assert not capture.is_capture({"captureData": 3})
    assert not capture.is_capture({"a": 1})
