"""One value of one field, checked against the field's type, range and length.

Strict on purpose: a text is no number and ``true`` is no 1. Reasons never repeat the value: they travel to logs and
quarantine, and the value may be personal.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from headrace.errors import RejectedError
from headrace.usecase import Field, FieldType

Value = str | int | float | bool | None
LATEST = 7_258_118_400
"""2200-01-01: times lie in [1970, 2200), in seconds."""
_INTEGER_LIMIT = 1 << 63
_UNWELCOME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def coerce(field: Field, value: object) -> Value:
    """Bring a value to its field's type.

    Args:
        field: says type, range and length.
        value: what came; not None.

    Returns:
        Text for strings, ``int`` for integers, ``float`` for numbers, ``bool``, whole seconds for timestamps.

    Raises:
        RejectedError: naming the field and what is wrong.
    """
    return _COERCIONS[field.type](field, value)


def parse_timestamp(value: object, *, field: str) -> int:
    """Read a point in time: ISO-8601 with an offset or Z, or seconds since the epoch.

    Returns:
        Whole seconds since the epoch, rounded down.

    Raises:
        RejectedError: if it is neither, or outside 1970 to 2200.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise RejectedError("is neither ISO-8601 text nor seconds since the epoch", field=field)
    moment: int | float = _moment(value, field) if isinstance(value, str) else value
    if not 0 <= moment < LATEST:
        raise RejectedError("is outside 1970 to 2200", field=field)
    return math.floor(moment)


def format_timestamp(timestamp: int) -> str:
    """Write seconds since the epoch as ``YYYY-MM-DDTHH:MM:SSZ``."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str, field: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise RejectedError("is not an ISO-8601 time", field=field) from exc
    if moment.tzinfo is None:
        raise RejectedError("has no offset from UTC: end it with Z or +00:00", field=field)
    return (moment - datetime.fromtimestamp(0, UTC)).total_seconds()


def coerce_string(field: Field, value: object) -> str:
    """Check a text: length, allowed values, no control characters, no lone surrogates; a required one is not empty.

    Raises:
        RejectedError: if it is not such a text.
    """
    if not isinstance(value, str):
        raise RejectedError("is not a string", field=field.name)
    if not value and field.required:
        raise RejectedError("is empty", field=field.name)
    if len(value) > field.max_length:
        raise RejectedError(f"is longer than {field.max_length} characters", field=field.name)
    if _UNWELCOME.search(value):
        raise RejectedError("has control characters or half of a surrogate pair", field=field.name)
    if field.allowed and value not in field.allowed:
        raise RejectedError("is not one of the allowed values", field=field.name)
    return value


def _integer(field: Field, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RejectedError("is not a whole number", field=field.name)
    if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise RejectedError("does not fit in 64 bits", field=field.name)
    _check_range(field, value)
    return value


def _number(field: Field, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RejectedError("is not a number", field=field.name)
    try:
        number = float(value)
    except OverflowError as exc:
        raise RejectedError("is not a finite number", field=field.name) from exc
    if not math.isfinite(number):
        raise RejectedError("is not a finite number", field=field.name)
    _check_range(field, number)
    return number


def _check_range(field: Field, value: float) -> None:
    if field.minimum is not None and value < field.minimum:
        raise RejectedError(f"is below {field.minimum:g}", field=field.name)
    if field.maximum is not None and value > field.maximum:
        raise RejectedError(f"is above {field.maximum:g}", field=field.name)


def _boolean(field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise RejectedError("is not true or false", field=field.name)
    return value


def _timestamp(field: Field, value: object) -> int:
    return parse_timestamp(value, field=field.name)


_COERCIONS: dict[FieldType, Callable[[Field, object], Value]] = {
    "string": coerce_string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
