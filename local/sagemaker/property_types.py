"""Template values in the types of the API: parameters reach CloudFormation's handlers as strings."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local.emulator.registry import ResourceError


def coerced(value: Any, shape: Shape) -> Any:
    """A property with every scalar in the type that the shape wants. Raises ResourceError if one cannot be."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            name: coerced(item, shape.members[name]) if name in shape.members else item for name, item in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [coerced(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: coerced(item, shape.value) for name, item in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    parsers: Mapping[str, Callable[[str], Any]] = {
        "integer": int,
        "long": int,
        "float": float,
        "double": float,
        "boolean": lambda text: {"true": True, "false": False}[text.lower()],
    }
    if isinstance(value, str) and kind in parsers:
        try:
            return parsers[kind](value)
        except (ValueError, KeyError) as exc:
            raise ResourceError(f"Properties validation failed: {value!r} is not a {kind}") from exc
    return json.dumps(value) if kind == "string" and isinstance(value, int | float | bool) else value
