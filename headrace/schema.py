"""Events and labels from outside become checked values, or are rejected with a reason that names the field.

Reasons never repeat the value: they travel to logs and quarantine, and the value may be personal.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from headrace.errors import RejectedError
from headrace.usecase import UseCase
from headrace.values import Value, coerce, coerce_string, format_timestamp, parse_timestamp

__all__ = [
    "LabelRecord",
    "UnknownFields",
    "Value",
    "coerce_event",
    "coerce_label",
    "format_timestamp",
    "parse_event",
    "parse_label",
    "parse_timestamp",
]

UnknownFields = Literal["ignore", "reject"]


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


def parse_label(usecase: UseCase, data: bytes, *, latest: int | None = None) -> LabelRecord:
    """Read one label from JSON bytes.

    Args:
        usecase: whose label it is.
        data: one JSON object in UTF-8.
        latest: reject labels given after this second, because a time in the far future would empty every window.

    Raises:
        RejectedError: whatever is wrong with it.
    """
    return coerce_label(usecase, _object(data, usecase.event.max_bytes), latest=latest)


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
            event[field.name] = coerce(field, value)
    if unknown_fields == "reject":
        _reject_unknown(raw, event)
    if latest is not None and event[shape.timestamp] > latest:  # type: ignore[operator]  # a required timestamp
        raise RejectedError("lies in the future", field=shape.timestamp)
    return event


def coerce_label(usecase: UseCase, raw: Mapping[str, object], *, latest: int | None = None) -> LabelRecord:
    """Check one label. Fields: the event's id and time, every entity's key, the label field and ``labelled_at``.

    A label cannot be older than its event, so ``latest`` (see ``parse_label``) bounds both times.

    Raises:
        RejectedError: naming the first wrong field.
    """
    shape = usecase.event

    def required(name: str) -> object:
        if (value := raw.get(name)) is None:
            raise RejectedError("is missing", field=name)
        return value

    event_id = coerce_string(shape.field(shape.id), required(shape.id))
    timestamp = parse_timestamp(required(shape.timestamp), field=shape.timestamp)
    keys = {entity.name: coerce_string(shape.field(entity.key), required(entity.key)) for entity in usecase.entities}
    value = required(usecase.label.field)
    if not isinstance(value, int) or value not in (0, 1):
        raise RejectedError("is not 0, 1, true or false", field=usecase.label.field)
    labelled_at = parse_timestamp(required("labelled_at"), field="labelled_at")
    if labelled_at < timestamp:
        raise RejectedError("is before the event", field="labelled_at")
    if latest is not None and labelled_at > latest:
        raise RejectedError("lies in the future", field="labelled_at")
    return LabelRecord(event_id, timestamp, keys, int(value), labelled_at)


def _reject_unknown(raw: Mapping[str, object], event: Mapping[str, Value]) -> None:
    for name in raw:
        if name not in event:
            raise RejectedError("is not a field of the event", field=_shown(name))


def _shown(name: str) -> str:
    """A field name from outside, fit for logs: short and plain."""
    return name[:64].encode("ascii", "backslashreplace").decode()


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
        raise RejectedError("is there twice", field=_shown(twice))
    return found


def _constant(name: str) -> NoReturn:
    raise RejectedError(f"{name} is not JSON")
