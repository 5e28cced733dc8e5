"""Events and labels from outside become checked values, or are rejected with a reason that names the field.

Reasons never repeat the value: they travel to logs and quarantine, and the value may be personal. What a use case asks
of its fields is compiled when it is first needed, because a stream asks it of every record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from headrace.errors import RejectedError
from headrace.identifiers import field_check
from headrace.json_object import read_object, shown
from headrace.usecase import UseCase
from headrace.values import Coercer, Value, format_timestamp, parse_timestamp

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
    raw = read_object(data, max_bytes=usecase.event.max_bytes)
    return coerce_event(usecase, raw, unknown_fields=unknown_fields, latest=latest)


def parse_label(
    usecase: UseCase, data: bytes, *, latest: int | None = None, labelled_at: int | None = None
) -> LabelRecord:
    """Read one label from JSON bytes.

    Args:
        usecase: whose label it is.
        data: one JSON object in UTF-8.
        latest: reject labels given after this second, because a time in the far future would empty every window.
        labelled_at: when a label that does not say so was given, in seconds; without it such a label is rejected.

    Raises:
        RejectedError: whatever is wrong with it.
    """
    raw = read_object(data, max_bytes=usecase.event.max_bytes)
    return coerce_label(usecase, raw, latest=latest, labelled_at=labelled_at)


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
    checks, event = _checks_of(usecase), dict[str, Value]()
    get = raw.get
    for name, check, required in checks.event:
        value = get(name)
        if value is not None:
            event[name] = check(value)
        elif required:
            raise RejectedError("is missing", field=name)
        else:
            event[name] = None
    if unknown_fields == "reject":
        _reject_unknown(raw, event)
    if latest is not None and event[checks.timestamp] > latest:  # type: ignore[operator]  # a required timestamp
        raise RejectedError("lies in the future", field=checks.timestamp)
    return event


def coerce_label(
    usecase: UseCase, raw: Mapping[str, object], *, latest: int | None = None, labelled_at: int | None = None
) -> LabelRecord:
    """Check one label. Fields: the event's id and time, every entity's key, the label field and ``labelled_at``.

    A label cannot be older than its event, so ``latest`` bounds both times; see ``parse_label`` for the arguments.

    Raises:
        RejectedError: naming the first wrong field.
    """
    checks = _checks_of(usecase)

    def required(name: str) -> object:
        if (value := raw.get(name)) is None:
            raise RejectedError("is missing", field=name)
        return value

    event_id = cast(str, checks.id(required(usecase.event.id)))
    timestamp = parse_timestamp(required(checks.timestamp), field=checks.timestamp)
    keys = {entity: cast(str, check(required(name))) for entity, name, check in checks.keys}
    value = required(usecase.label.field)
    if not isinstance(value, int) or value not in (0, 1):
        raise RejectedError("is not 0, 1, true or false", field=usecase.label.field)
    if labelled_at is None or raw.get("labelled_at") is not None:
        labelled_at = parse_timestamp(required("labelled_at"), field="labelled_at")
    if labelled_at < timestamp:
        raise RejectedError("is before the event", field="labelled_at")
    if latest is not None and labelled_at > latest:
        raise RejectedError("lies in the future", field="labelled_at")
    return LabelRecord(event_id, timestamp, keys, int(value), labelled_at)


def _reject_unknown(raw: Mapping[str, object], event: Mapping[str, Value]) -> None:
    for name in raw:
        if name not in event:
            raise RejectedError("is not a field of the event", field=shown(name))


@dataclass(frozen=True, slots=True)
class _Checks:
    """What a use case asks: of each field name, check and need; of each entity name, key field and its check."""

    usecase: UseCase
    event: tuple[tuple[str, Coercer, bool], ...]
    id: Coercer
    timestamp: str
    keys: tuple[tuple[str, str, Coercer], ...]


_MOST_COMPILED = 16
_compiled: dict[int, _Checks] = {}
"""By identity: a use case is large, and hashing it costs more than checking an event. An entry keeps its use case."""


def _checks_of(usecase: UseCase) -> _Checks:
    found = _compiled.get(id(usecase))
    if found is None:
        if len(_compiled) >= _MOST_COMPILED:
            _compiled.clear()
        found = _compiled[id(usecase)] = _compile(usecase)
    return found


def _compile(usecase: UseCase) -> _Checks:
    shape, check = usecase.event, field_check(usecase)
    return _Checks(
        usecase=usecase,
        event=tuple((field.name, check(field), field.required) for field in shape.fields),
        id=check(shape.field(shape.id)),
        timestamp=shape.timestamp,
        keys=tuple((it.name, it.key, check(shape.field(it.key))) for it in usecase.entities),
    )
