"""What every event of ours has in common: fields by name, checked both ways, and a JSON schema made from them.

The detail's names are those of the fields in upper camel case (``model_package_arn`` is ``ModelPackageArn``), as in the
events of SageMaker. Readers ignore fields that they do not know, so that a field may be added.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from typing import Any, ClassVar, Self, cast

from headrace.errors import RejectedError
from headrace.frozen import dataclass

SOURCE = "headrace"
"""``source`` of every event of ours."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_LONGEST_TEXT = 4_096
_JSON: Mapping[object, str] = {str: "string", int: "integer", float: "number", tuple[str, ...]: "array"}


def described(text: str, *, among: tuple[str, ...] = (), least: float | None = None, default: object = MISSING) -> Any:
    """A field with its meaning; ``among`` lists every value, ``least`` is the smallest number."""
    metadata = {"text": text, "among": among, "least": least}
    return field(metadata=metadata) if default is MISSING else field(metadata=metadata, default=default)


@dataclass(frozen=True, kw_only=True)
class BusEvent:
    """Base of every event; a subclass names itself and adds fields of type str, int, float or a tuple of texts."""

    detail_type: ClassVar[str]

    usecase: str = described("the use case's name")
    stage: str = described("the stage: dev, staging, prod, local")
    at: str = described("when it happened, UTC, ISO 8601 with Z")

    def __post_init__(self) -> None:
        for it in fields(self):
            _check(it, getattr(self, it.name))

    def to_detail(self) -> dict[str, Any]:
        """The event's ``detail``. Raises nothing: a wrong event cannot be made."""
        values = {_key(it.name): getattr(self, it.name) for it in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def to_entry(self, bus: str = "default") -> dict[str, str]:
        """One entry of ``PutEvents``."""
        return {
            "EventBusName": bus,
            "Source": SOURCE,
            "DetailType": self.detail_type,
            "Detail": json.dumps(self.to_detail(), sort_keys=True),
        }

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Read an event's ``detail``.

        Raises:
            RejectedError: if a field is missing or wrong; names it as the detail does.
        """
        if not isinstance(detail, Mapping):
            raise RejectedError("is not a JSON object", field="detail")
        values: dict[str, Any] = {}
        for it in fields(cls):
            name = _key(it.name)
            if name in detail:
                found = detail[name]
                values[it.name] = tuple(found) if isinstance(found, list) else found
            elif it.default is MISSING:
                raise RejectedError(f"is missing in {cls.detail_type!r}", field=name)
        return cls(**values)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """JSON schema (draft 2020-12) of the ``detail``."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": cls.detail_type,
            "type": "object",
            "required": [_key(it.name) for it in fields(cls) if it.default is MISSING],
            "properties": {_key(it.name): _property(it) for it in fields(cls)},
        }


def _key(name: str) -> str:
    return {"usecase": "UseCase"}.get(name) or "".join(part.capitalize() for part in name.split("_"))


def _property(it: Field[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": _JSON[it.type], "description": it.metadata["text"]}
    if found["type"] == "array":
        found["items"] = {"type": "string"}
    if it.metadata["among"]:
        found["enum"] = list(it.metadata["among"])
    if it.metadata["least"] is not None:
        found["minimum"] = it.metadata["least"]
    if it.name == "at":
        found["format"] = "date-time"
    return found


def _check(it: Field[Any], value: object) -> None:
    """Raise RejectedError unless the value is of the field's type and within its bounds."""
    name, least = _key(it.name), it.metadata["least"]
    if not _is_of(it.type, value):
        raise RejectedError(f"is not of type {_JSON[it.type]}", field=name)
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise RejectedError(f"is longer than {_LONGEST_TEXT} characters", field=name)
    if it.name == "at" and not _TIME.fullmatch(cast(str, value)):
        raise RejectedError("is not a UTC time such as 2026-01-31T12:00:00Z", field=name)
    if it.metadata["among"] and value not in it.metadata["among"]:
        raise RejectedError(f"is none of {', '.join(it.metadata['among'])}", field=name)
    if least is not None and not cast(float, value) >= least:
        raise RejectedError(f"is below {least:g}", field=name)


def _is_of(kind: object, value: object) -> bool:
    if kind is str:
        return isinstance(value, str)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, tuple) and all(isinstance(part, str) for part in value)
