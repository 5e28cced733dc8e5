"""Events and labels from outside become checked values, or are rejected with a reason that names the field.

Reasons never repeat the value: they travel to logs and quarantine, and the value may be personal.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NoReturn

from headrace.errors import RejectedError
from headrace.usecase import Field, FieldType, UseCase

Value = str | int | float | bool | None
UnknownFields = Literal["ignore", "reject"]
LATEST = 7_258_118_400
"""2200-01-01: event times lie in [1970, 2200), in seconds."""
_INTEGER_LIMIT = 1 << 63
_UNWELCOME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One label: whose truth it is, when the labelled event happened, and when the label was given (seconds)."""

    event_id: str
    timestamp: int
    keys: Mapping[str, str]
    value: int
    labelled_at: int


def parse_event(
    usecase: UseCase, data: bytes, *, unknown_fields: UnknownFields = "ignore", latest: int | None = None
) -> dict[str, Value]:
    """Read one event from JSON bytes.

    Args:
        usecase: whose event it is.
        data: one JSON object in UTF-8.
        unknown_fields: what to do with fields that the use case does not name.
        latest: reject event times after this second, because a time in the far future would empty every window.

    Returns:
        One value per field of the use case; see ``coerce_event``.

    Raises:
        RejectedError: whatever is wrong with it.
    """
    return coerce_event(usecase, _object(data, usecase.event.max_bytes), unknown_fields=unknown_fields, latest=latest)


def parse_label(usecase: UseCase, data: bytes) -> LabelRecord:
    """Read one label from JSON bytes.

    Raises:
        RejectedError: whatever is wrong with it.
    """
    return coerce_label(usecase, _object(data, usecase.event.max_bytes))


def coerce_event(
    usecase: UseCase,
    raw: Mapping[str, object],
    *,
    unknown_fields: UnknownFields = "ignore",
    latest: int | None = None,
) -> dict[str, Value]:
    """Check one event and bring its values to their types.

    Args:
        usecase: whose event it is.
        raw: the fields as they came.
        unknown_fields: what to do with fields that the use case does not name.
        latest: reject event times after this second.

    Returns:
        One value per field of the use case, in its order: text, ``int`` for integers, ``float`` for numbers,
        ``bool``, whole seconds for timestamps, and None for an optional field that is absent.

    Raises:
        RejectedError: naming the first wrong field.
    """
    shape = usecase.event
    event: dict[str, Value] = {}
    for field in shape.fields:
        value = raw.get(field.name)
        if value is None:
            if field.required:
                raise RejectedError("is missing", field=field.name)
            event[field.name] = None
        else:
            event[field.name] = _COERCIONS[field.type](field, value)
    if unknown_fields == "reject" and len(raw) > len(shape.fields) - list(event.values()).count(None):
        _reject_unknown(raw, event)
    if latest is not None and event[shape.timestamp] > latest:  # type: ignore[operator]  # a required timestamp
        raise RejectedError("lies in the future", field=shape.timestamp)
    return event


def coerce_label(usecase: UseCase, raw: Mapping[str, object]) -> LabelRecord:
    """Check one label. Fields: the event's id and time, every entity's key, the label field and ``labelled_at``.

    Raises:
        RejectedError: naming the first wrong field.
    """
    shape = usecase.event

    def required(name: str) -> object:
        if (value := raw.get(name)) is None:
            raise RejectedError("is missing", field=name)
        return value

    event_id = _string(shape.field(shape.id), required(shape.id))
    timestamp = parse_timestamp(required(shape.timestamp), field=shape.timestamp)
    keys = {entity.name: _string(shape.field(entity.key), required(entity.key)) for entity in usecase.entities}
    value = required(usecase.label.field)
    if not isinstance(value, int) or value not in (0, 1):
        raise RejectedError("is not 0, 1, true or false", field=usecase.label.field)
    labelled_at = parse_timestamp(required("labelled_at"), field="labelled_at")
    if labelled_at < timestamp:
        raise RejectedError("is before the event", field="labelled_at")
    return LabelRecord(event_id, timestamp, keys, int(value), labelled_at)


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


def _string(field: Field, value: object) -> str:
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
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}


def _reject_unknown(raw: Mapping[str, object], event: Mapping[str, Value]) -> None:
    for name in raw:
        if name not in event:
            raise RejectedError("is not a field of the event", field=name[:64])


def _object(data: bytes, max_bytes: int) -> Mapping[str, object]:
    if len(data) > max_bytes:
        raise RejectedError(f"is larger than {max_bytes} bytes")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_constant)
    except UnicodeDecodeError as exc:
        raise RejectedError("is not UTF-8") from exc
    except RecursionError as exc:
        raise RejectedError("is nested too deeply") from exc
    except ValueError as exc:
        raise RejectedError("is not JSON") from exc
    if not isinstance(value, dict):
        raise RejectedError("is not a JSON object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RejectedError("is there twice", field=twice[:64])
    return found


def _constant(name: str) -> NoReturn:
    raise RejectedError(f"{name} is not JSON")
