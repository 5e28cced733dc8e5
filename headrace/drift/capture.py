"""Data capture: what went into an endpoint and what came out, read line by line into rows of a table.

Model Monitor writes each side as CSV, JSON or BASE64, as the content type was declared. A line may hold several rows.
JSON objects become columns by their names, nested ones by names joined with dots, CSV by position: answers first,
requests next, as Model Monitor puts them together. SageMaker gives a call one id; where the request's document holds a
list ``ids`` beside its rows, as Headrace sends it, each row has its own.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from csv import Error as CSVError
from csv import reader
from dataclasses import dataclass
from typing import Any

from headrace.errors import RejectedError

CAPTURED = "captureData"
_INPUTS = ("instances", "inputs", "data", "features")
_OUTPUTS = ("predictions", "outputs", "scores", "results")
_DEEPEST = 4
_VERSION = re.compile(r'"model_version"\s*:\s*"([^"]*)"')
"""One model gives all answers of a call, so the first name counts."""


@dataclass(frozen=True, kw_only=True)
class Captured:
    """One row that was asked and answered.

    Attributes:
        inference_id: the row's own id, else the caller's of the call, or SageMaker's.
        time: when it was answered, ISO 8601; empty if unknown.
        columns: by name; CSV has ``_c0``, ``_c1``, ... with the answer first.
        answers: the names of the columns that the answer gave.
        single: whether the id is the row's: it has one of its own, or the call held no other.
        version: the ``model_version`` that the answer names; empty if it names none.
    """

    inference_id: str
    time: str
    columns: Mapping[str, object]
    answers: frozenset[str]
    single: bool
    version: str = ""


def is_capture(line: Mapping[str, Any]) -> bool:
    """Whether a line of JSON is one of data capture."""
    return isinstance(line.get(CAPTURED), dict)


def rows(line: Mapping[str, Any]) -> Iterator[Captured]:
    """The rows of one line.

    Raises:
        RejectedError: if either side cannot be read.
    """
    about, sides = line.get("eventMetadata"), line[CAPTURED]
    metadata = about if isinstance(about, Mapping) else {}
    asked = _side(sides.get("endpointInput"), _INPUTS)
    answered = _side(sides.get("endpointOutput"), _OUTPUTS)
    if asked and answered and len(asked) != len(answered):
        raise RejectedError(f"holds {len(asked)} requests and {len(answered)} answers")
    count = max(len(asked), len(answered))
    ids, version = _ids(sides.get("endpointInput"), count), _version(sides.get("endpointOutput"))
    for place in range(count):
        given = answered[place] if answered else {}
        wanted = asked[place] if asked else {}
        yield Captured(
            inference_id=ids[place] if ids else str(metadata.get("inferenceId") or metadata.get("eventId") or ""),
            time=str(metadata.get("inferenceTime", "")),
            columns=_joined(given, wanted),
            answers=_answers(given, wanted),
            single=count == 1 or bool(ids),
            version=version,
        )


def _ids(side: Mapping[str, Any] | None, count: int) -> list[str]:
    """The ids of a request's rows; empty unless there is one for each."""
    data = _text(side)[0] if side else ""
    if '"ids"' not in data:
        return []
    try:
        document = json.loads(data)
    except ValueError:
        return []
    ids = document.get("ids") if isinstance(document, dict) else None
    texts = [it for it in ids if isinstance(it, str)] if isinstance(ids, list) else []
    return texts if len(texts) == count else []


def _version(side: Mapping[str, Any] | None) -> str:
    found = _VERSION.search(_text(side)[0]) if side else None
    return found[1] if found else ""


Side = list[dict[str, object] | list[object]]


def _answers(given: dict[str, object] | list[object], wanted: dict[str, object] | list[object]) -> frozenset[str]:
    """The names of the answer's columns; none where a baseline tells them: of CSV, with no JSON request beside it."""
    if isinstance(given, list):
        named = isinstance(wanted, dict) and wanted
        return frozenset(f"_c{place}" for place in range(len(given))) if named else frozenset()
    return frozenset(given) - (frozenset(wanted) if isinstance(wanted, dict) else frozenset())


def _joined(given: dict[str, object] | list[object], wanted: dict[str, object] | list[object]) -> dict[str, object]:
    first = dict(given) if isinstance(given, dict) else {f"_c{place}": it for place, it in enumerate(given)}
    offset = len(given) if isinstance(given, list) else 0
    if isinstance(wanted, list):
        return first | {f"_c{place + offset}": it for place, it in enumerate(wanted)}
    return first | wanted  # what was asked keeps its names: baselines are of features


def _side(side: Mapping[str, Any] | None, lists: Sequence[str]) -> Side:
    if not side:
        return []
    data, encoding = _text(side)
    if encoding == "CSV":
        try:
            return [list(map(_number, row)) for row in reader(data.splitlines()) if row]
        except CSVError as exc:
            raise RejectedError("is no CSV") from exc
    if encoding != "JSON":
        raise RejectedError(f"has the unknown encoding {encoding!r}")
    try:
        # A request may be one document, or one document a line.
        return _documents(json.loads(data), lists)
    except (ValueError, RecursionError):
        try:
            return [it for text in data.splitlines() if text.strip() for it in _documents(json.loads(text), lists)]
        except (ValueError, RecursionError) as exc:
            raise RejectedError("is no JSON") from exc


def _text(side: Mapping[str, Any]) -> tuple[str, str]:
    """The text of one side and its encoding, JSON or CSV where it was BASE64. Raises RejectedError."""
    held = side if isinstance(side, Mapping) else {}  # lines are written by others
    data, encoding = held.get("data"), str(held.get("encoding", "")).upper()
    if not isinstance(data, str):
        raise RejectedError("has no data")
    if encoding != "BASE64":
        return data, encoding
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise RejectedError("is BASE64 of something that is no text") from exc
    return text, "JSON" if text.lstrip()[:1] in ("{", "[") else "CSV"


def _documents(document: object, lists: Sequence[str]) -> Side:
    if isinstance(document, dict):
        for name in lists:
            held = document.get(name)
            if isinstance(held, list) and (not held or isinstance(held[0], dict | list)):
                return [it for one in held for it in _documents(one, ())]
            if name == "features" and isinstance(held, dict):
                return [flat(held)]
        return [flat(document)]
    if isinstance(document, list):
        if document and all(isinstance(it, dict | list) for it in document):
            return [it for one in document for it in _documents(one, ())]
        return [list(document)]
    return [[document]]


def flat(document: Mapping[str, object], prefix: str = "", depth: int = 0) -> dict[str, object]:
    """Nested objects as columns with dotted names; lists and what is nested too deeply as JSON text."""
    found: dict[str, object] = {}
    for name, it in document.items():
        if isinstance(it, dict) and depth < _DEEPEST:
            found |= flat(it, f"{prefix}{name}.", depth + 1)
        else:
            found[prefix + name] = json.dumps(it, sort_keys=True) if isinstance(it, dict | list) else it
    return found


def _number(text: str) -> object:
    """A cell of CSV: a number if it is one, missing if it is empty."""
    if not text.strip():
        return None
    try:
        return float(text) if text.strip().lower() not in ("nan", "infinity", "inf") else None
    except ValueError:
        return text
