"""Personal data on its way to the lake: hashed under a key, or left out."""

import hashlib
import hmac
from collections.abc import Mapping

from headrace.errors import SettingsError
from headrace.schema import Value
from headrace.usecase import UseCase


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
