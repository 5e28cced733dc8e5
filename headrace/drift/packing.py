"""A summary as bytes, for parts that were counted on several machines: unpacked and merged they are one pass.

JSON, packed with gzip: nothing in it can run, and it says what it is.
"""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

import numpy as np

from headrace.drift.column import Column
from headrace.drift.distinct import Distinct
from headrace.drift.numbers import Numbers
from headrace.drift.summary import Summary
from headrace.drift.texts import Texts
from headrace.errors import RejectedError

VERSION = 1
_KINDS: Mapping[str, type[Any]] = {it.__name__: it for it in (Summary, Column, Numbers, Texts, Distinct)}
_KIND, _ARRAY = "kind", "array"


def pack(summary: Summary) -> bytes:
    """A summary as bytes; the same summary gives the same bytes."""
    return gzip.compress(json.dumps({"version": VERSION, "summary": _packed(summary)}).encode(), mtime=0)


def unpack(body: bytes) -> Summary:
    """The summary that was packed.

    Raises:
        RejectedError: if it is something else, or of another version.
    """
    try:
        document = json.loads(gzip.decompress(body))
        if document["version"] != VERSION:
            raise RejectedError(f"has version {document['version']}, and this code reads {VERSION}: count again")
        found = _unpacked(document["summary"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as exc:
        raise RejectedError("is no packed summary") from exc
    if not isinstance(found, Summary):
        raise RejectedError("is no packed summary")
    return found


def _packed(value: Any) -> Any:
    if type(value).__name__ in _KINDS:
        return {_KIND: type(value).__name__, **{it.name: _packed(getattr(value, it.name)) for it in fields(value)}}
    if isinstance(value, np.ndarray):
        little = value.astype(value.dtype.newbyteorder("<"))
        return {_KIND: _ARRAY, "type": little.dtype.str, "data": base64.b64encode(little.tobytes()).decode()}
    if isinstance(value, Mapping):
        # Pairs, because a column or a text may have any name, also that of the mark.
        return [[name, _packed(it)] for name, it in value.items()]
    return value.item() if isinstance(value, np.generic) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return {name: _unpacked(it) for name, it in value}
    if not isinstance(value, dict):
        return value
    kind = value.pop(_KIND)
    if kind == _ARRAY:
        return np.frombuffer(base64.b64decode(value["data"]), dtype=np.dtype(value["type"])).astype(
            np.dtype(value["type"]).newbyteorder("=")
        )
    return cast(Any, _KINDS[kind])(**{name: _unpacked(it) for name, it in value.items()})
