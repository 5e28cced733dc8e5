"""One JSON object from bytes that came from outside, or the reason why they hold none.

Stricter than ``json.loads``: no field twice, no NaN, nothing that is too large or nested too deeply to be read.
"""

import json
from collections.abc import Mapping
from typing import NoReturn

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
    if len(data) > max_bytes:
        raise RejectedError(f"is larger than {max_bytes} bytes")
    try:
        value = _DECODER.decode(data.decode())
    except UnicodeDecodeError as exc:
        raise RejectedError("is not UTF-8") from exc
    except RecursionError as exc:
        raise RejectedError("is nested too deeply") from exc
    except ValueError as exc:
        raise RejectedError("is not JSON") from exc
    if not isinstance(value, dict):
        raise RejectedError("is not a JSON object")
    return value


def shown(name: str) -> str:
    """A field name from outside, fit for logs: short and plain."""
    return name[:_LONGEST_NAME].encode("ascii", "backslashreplace").decode()


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RejectedError("is there twice", field=shown(twice))
    return found


def _constant(name: str) -> NoReturn:
    raise RejectedError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
"""Made once: ``json.loads`` with options makes one for every text, which costs as much as reading it."""
