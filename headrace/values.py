"""One value of one field, checked against the field's type, range and length.

Strict on purpose: a text is no number and ``true`` is no 1. Reasons never repeat the value: they travel to logs and
quarantine, and the value may be personal. A field's check is compiled once, because every event passes through it: the
usual value takes the short way, and only a wrong one is asked what is wrong with it.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from headrace.errors import RejectedError
from headrace.usecase import Field, FieldType

Value = str | int | float | bool | None
Coercer = Callable[[object], Value]
LATEST = 7_258_118_400
"""2200-01-01: times lie in [1970, 2200), in seconds."""
NUMBER_LIMIT = 1e30
"""How large a number may be: sums and squares of many such still fit, in a state's doubles and in a model's floats."""
INTEGER_LIMIT = 1 << 63
"""Whole numbers lie in [-limit, limit): what 64 bits hold."""
_UNWELCOME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def coercer(field: Field) -> Coercer:
    """Compile the check of a field's values.

    Returns:
        A function that brings a value, not None, to its field's type: text for strings, ``int`` for integers,
        ``float`` for numbers, ``bool``, whole seconds for timestamps. It raises RejectedError naming the field.
    """
    return _COMPILERS[field.type](field)


def coerce(field: Field, value: object) -> Value:
    """Bring one value, not None, to its field's type; see ``coercer``."""
    return coercer(field)(value)


def coerce_string(field: Field, value: object) -> str:
    """Check one text; see ``coercer``."""
    return _string(field)(value)


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
    return f"{datetime.fromtimestamp(timestamp, UTC).replace(tzinfo=None).isoformat()}Z"


def _moment(text: str, field: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise RejectedError("is not an ISO-8601 time", field=field) from exc
    if moment.tzinfo is None:
        raise RejectedError("has no offset from UTC: end it with Z or +00:00", field=field)
    return moment.timestamp()


def _string(field: Field) -> Callable[[object], str]:
    """Length, allowed values, no control characters, no lone surrogates; a required text is not empty."""
    name, required, longest, allowed = field.name, field.required, field.max_length, frozenset(field.allowed)

    def check(value: object) -> str:
        if isinstance(value, str) and 0 < len(value) <= longest and not allowed and value.isprintable():
            return value  # the usual case
        if not isinstance(value, str):
            raise RejectedError("is not a string", field=name)
        if not value and required:
            raise RejectedError("is empty", field=name)
        if len(value) > longest:
            raise RejectedError(f"is longer than {longest} characters", field=name)
        if not value.isprintable() and _UNWELCOME.search(value):  # what is printable has none of these
            raise RejectedError("has control characters or half of a surrogate pair", field=name)
        if allowed and value not in allowed:
            raise RejectedError("is not one of the allowed values", field=name)
        return value

    return check


def _integer(field: Field) -> Callable[[object], int]:
    name, (low, high) = field.name, _range(field, math.inf)

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise RejectedError("is not a whole number", field=name)
        if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
            raise RejectedError("does not fit in 64 bits", field=name)
        if not low <= value <= high:
            raise _outside(field, value)
        return value

    return check


def _number(field: Field) -> Callable[[object], float]:
    name, (low, high) = field.name, _range(field, NUMBER_LIMIT)

    def check(value: object) -> float:
        if isinstance(value, float) and low <= value <= high:  # the usual case
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RejectedError("is not a number", field=name)
        try:
            number = float(value)
        except OverflowError as exc:
            raise RejectedError("is not a finite number", field=name) from exc
        if low <= number <= high:
            return number
        raise _outside(field, number)

    return check


def _range(field: Field, limit: float) -> tuple[float, float]:
    low = -limit if field.minimum is None else field.minimum
    return max(low, -limit), min(limit if field.maximum is None else field.maximum, limit)


def _outside(field: Field, value: float) -> RejectedError:
    """What is wrong with a number that is not within its range."""
    if not math.isfinite(value):
        return RejectedError("is not a finite number", field=field.name)
    if field.minimum is not None and value < field.minimum:
        return RejectedError(f"is below {field.minimum:g}", field=field.name)
    if field.maximum is not None and value > field.maximum:
        return RejectedError(f"is above {field.maximum:g}", field=field.name)
    return RejectedError(f"is beyond {NUMBER_LIMIT:g} in size", field=field.name)


def _boolean(field: Field) -> Callable[[object], bool]:
    name = field.name

    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise RejectedError("is not true or false", field=name)
        return value

    return check


def _timestamp(field: Field) -> Callable[[object], int]:
    name = field.name

    def check(value: object) -> int:
        if type(value) is int and 0 <= value < LATEST:
            return value
        return parse_timestamp(value, field=name)

    return check


_COMPILERS: dict[FieldType, Callable[[Field], Coercer]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
