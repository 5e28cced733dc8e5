"""One JSON object from bytes that came from outside, or the reason why they hold none.

Stricter than ``json.loads``: no field twice, no NaN, nothing that is too large or nested too deeply to be read.
"""

import json
import re
from collections.abc import Mapping
from typing import NoReturn, cast

from headrace.errors import RejectedError

_LONGEST_NAME = 64


def read_object(data: bytes, *, max_bytes: int) -> Mapping[str, object]:
    """Read one JSON object.

    Args:
        data: its bytes, in UTF-8.
        max_bytes: how many of them are accepted.

    Raises:
        RejectedError: whatever is wrong with it.
    """
    plain = _plain(data) if len(data) <= max_bytes else None
    if plain is not None:
        return plain
    value = _read(data, _DECODER, max_bytes)
    if not isinstance(value, dict):
        raise RejectedError("is not a JSON object")
    return value


def read_list(data: bytes, *, name: str, max_bytes: int) -> list[object]:
    """Read the list of objects that is the one field of a JSON object.

    What is wrong with one object of the list is left to that object: one with a field twice is a RejectedError in its
    place, and numbers that JSON does not have are there for the fields' own checks to refuse.

    Args:
        data: the bytes of ``{name: [...]}``, in UTF-8.
        name: the field.
        max_bytes: how many bytes are accepted.

    Raises:
        RejectedError: if there is no such list.
    """
    value = _read(data, _LENIENT, max_bytes)
    if isinstance(value, RejectedError):
        raise value
    if not isinstance(value, dict):
        raise RejectedError("is not a JSON object")
    for other in value:
        if other != name:
            raise RejectedError("is not a field of the request", field=shown(other))
    if name not in value:
        raise RejectedError("is missing", field=name)
    found = value[name]
    if not isinstance(found, list):
        raise RejectedError("is not a list", field=name)
    return found


def shown(name: str) -> str:
    """A field name from outside, fit for logs: short and plain."""
    return name[:_LONGEST_NAME].encode("ascii", "backslashreplace").decode()


def _plain(data: bytes) -> dict[str, object] | None:
    """An object that cannot have a field twice, read the short way; None if that takes a closer look.

    Every field has a colon, behind its name's quote or a blank. So an object with as many fields as there are such
    colons has each of them once, and holds no other object.
    """
    try:
        text = data.decode()
        value, end = _PLAIN.raw_decode(text)
    except (ValueError, RecursionError, RejectedError):
        return None
    if end != len(text) or value.__class__ is not dict:
        return None
    fields = len(value)
    if text.count(":") == fields or (text.count('":') == fields and not _BLANK_BEFORE_COLON.search(text)):
        return cast(dict[str, object], value)
    return None


def _read(data: bytes, decoder: json.JSONDecoder, max_bytes: int) -> object:
    """Raises RejectedError."""
    if len(data) > max_bytes:
        raise RejectedError(f"is larger than {max_bytes} bytes")
    try:
        return decoder.decode(data.decode())
    except UnicodeDecodeError as exc:
        raise RejectedError("is not UTF-8") from exc
    except RecursionError as exc:
        raise RejectedError("is nested too deeply") from exc
    except ValueError as exc:
        raise RejectedError("is not JSON") from exc


def _unique_or_why(pairs: list[tuple[str, object]]) -> dict[str, object] | RejectedError:
    try:
        return _unique(pairs)
    except RejectedError as exc:
        return exc


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RejectedError("is there twice", field=shown(twice))
    return found


def _constant(name: str) -> NoReturn:
    raise RejectedError(f"{name} is not JSON")


_PLAIN = json.JSONDecoder(parse_constant=_constant)
_BLANK_BEFORE_COLON = re.compile(r"\s:")
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
_LENIENT = json.JSONDecoder(object_pairs_hook=_unique_or_why)
"""All are made once: ``json.loads`` with options makes one for every text, which costs as much as reading it."""
