"""Personal data on its way to the lake: hashed under a key, or left out."""

import hashlib
import hmac
import json
from collections.abc import Mapping

from headrace.errors import RejectedError, SettingsError
from headrace.identifiers import field_check
from headrace.json_object import read_object
from headrace.schema import Value
from headrace.usecase import UseCase
from headrace.values import Coercer, parse_timestamp


def mask(value: str, key: bytes) -> str:
    """The keyed hash (HMAC-SHA256, hexadecimal) of a text: equal texts stay joinable, guessing needs the key."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def mask_event(usecase: UseCase, event: Mapping[str, Value], key: bytes) -> dict[str, Value]:
    """A copy of a coerced event as the lake may have it, by each field's privacy.

    Args:
        usecase: whose event it is.
        event: the event as ``coerce_event`` returns it, or some of its fields.
        key: the secret of the keyed hash; may be empty if none of these fields is hashed.

    Raises:
        SettingsError: if a field is to be hashed and there is no key.
    """
    masked: dict[str, Value] = {}
    for field in usecase.event.fields:
        if field.name not in event:
            continue
        value = event[field.name]
        if field.privacy == "hash":
            if not key:
                raise SettingsError(f"{field.name} is hashed on its way to the lake: set the mask key")
            masked[field.name] = None if value is None else mask(str(value), key)
        elif field.privacy == "clear":
            masked[field.name] = value
    return masked


def keepable(usecase: UseCase, data: bytes) -> bytes:
    """What may be kept of a rejected event or label under a profile: right values of fields that stay in clear.

    Everything else may be what nobody should read: a wrong value, a field that nobody declared, bytes that are no JSON.

    Args:
        usecase: whose record it is.
        data: the bytes as they came.

    Returns:
        A JSON object in UTF-8, or nothing if ``data`` is none.
    """
    try:
        raw = read_object(data, max_bytes=usecase.event.max_bytes)
    except RejectedError:
        return b""
    check = field_check(usecase)
    kept = {
        field.name: raw[field.name]
        for field in usecase.event.fields
        if field.privacy == "clear" and raw.get(field.name) is not None and _passes(check(field), raw[field.name])
    }
    if raw.get(usecase.label.field) in (0, 1):
        kept[usecase.label.field] = raw[usecase.label.field]
    given = raw.get("labelled_at")
    if _passes(lambda it: parse_timestamp(it, field="labelled_at"), given):
        kept["labelled_at"] = given
    return json.dumps(kept, separators=(",", ":")).encode()


def _passes(check: Coercer, value: object) -> bool:
    try:
        check(value)
    except RejectedError:
        return False
    return True
