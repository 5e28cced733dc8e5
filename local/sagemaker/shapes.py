"""Checks requests against botocore's service models, the same files that describe AWS's API.

botocore itself checks types and required members only. AWS also rejects wrong enum values, lengths, ranges and
patterns, and a local stand-in that accepts them lets mistakes through until the first deployment.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from local.sagemaker.errors import ServiceError, ValidationError
from local.sagemaker.patterns import compiled
from local.sagemaker.platform import Record

_EXPRESSIONS = ({"Get"}, {"Std:Join"}, {"Std:JsonGet"})
_LENGTH_TYPES = ("string", "list", "map", "blob")
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str, bytes),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, str),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


@lru_cache
def service_model(service: str) -> ServiceModel:
    """The model of one AWS service, for example ``sagemaker``."""
    return botocore.session.get_session().get_service_model(service)


@lru_cache
def operations(service: str) -> frozenset[str]:
    """The names of all operations that AWS knows."""
    return frozenset(service_model(service).operation_names)


def is_expression(value: object) -> bool:
    """Whether a value of a pipeline definition is resolved only when the pipeline runs."""
    return isinstance(value, dict) and set(value) in _EXPRESSIONS


class _Checker:
    """Walks a value along its shape and collects what is wrong, in AWS's words."""

    def __init__(self, *, expressions: bool) -> None:
        self._expressions = expressions
        self.problems: list[str] = []

    def check(self, value: object, shape: Shape, path: str) -> None:
        if self._expressions and is_expression(value):
            return
        kind = shape.type_name
        if not isinstance(value, _JSON_TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            raise ServiceError(
                "SerializationException", f"{_wire_type(value)} cannot be converted to {kind} at '{path}'"
            )
        self._check_bounds(value, shape, path)
        nested: Mapping[str, Callable[..., None]] = {
            "structure": self._check_structure,
            "list": self._check_list,
            "map": self._check_map,
        }
        if kind in nested:
            nested[kind](value, shape, path)
        elif kind == "string":
            self._check_text(str(value), shape, path)

    def _fail(self, value: object, path: str, rule: str) -> None:
        self.problems.append(f"Value '{_brief(value)}' at '{path}' failed to satisfy constraint: Member must {rule}")

    def _check_bounds(self, value: Any, shape: Shape, path: str) -> None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        measured = shape.type_name in _LENGTH_TYPES
        if shape.type_name not in (*_LENGTH_TYPES, "integer", "long", "float", "double"):
            return
        size, noun = (len(value), "length") if measured else (value, "value")
        compare = ("greater than or equal to", "less than or equal to")
        if low is not None and size < low:
            self._fail(value, path, f"have {noun} {compare[0]} {low}")
        if high is not None and size > high:
            self._fail(value, path, f"have {noun} {compare[1]} {high}")

    def _check_text(self, value: str, shape: Shape, path: str) -> None:
        choices, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
        if choices and value not in choices:
            self._fail(value, path, f"satisfy enum value set: [{', '.join(choices)}]")
        if pattern:
            expected = compiled(pattern)
            if expected and not expected.fullmatch(value):
                self._fail(value, path, f"satisfy regular expression pattern: {pattern}")

    def _check_structure(self, value: Record, shape: StructureShape, path: str) -> None:
        for name in value:
            if name not in shape.members:
                self.problems.append(
                    f"Unknown parameter in input: '{_join(path, name)}', must be one of: {', '.join(shape.members)}"
                )
        for name in shape.required_members:
            if value.get(name) is None and not shape.members[name].metadata.get("idempotencyToken"):
                where = _join(path, name)
                self.problems.append(f"Value null at '{where}' failed to satisfy constraint: Member must not be null")
        for name, member in shape.members.items():
            if value.get(name) is not None:
                self.check(value[name], member, _join(path, name))

    def _check_list(self, value: list[object], shape: ListShape, path: str) -> None:
        for index, item in enumerate(value, 1):
            self.check(item, shape.member, f"{path}.{index}.member")

    def _check_map(self, value: Record, shape: MapShape, path: str) -> None:
        for key, item in value.items():
            self.check(key, shape.key, f"{path}.{key}.key")
            self.check(item, shape.value, f"{path}.{key}.value")


def _join(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _brief(value: object, limit: int = 200) -> str:
    text = str(value)
    return text if len(text) <= limit else text[:limit] + "..."


def _wire_type(value: object) -> str:
    names = {
        str: "STRING_VALUE",
        bool: "TRUE_VALUE",
        dict: "START_OBJECT",
        list: "START_ARRAY",
        type(None): "NULL_VALUE",
    }
    return names.get(type(value), "NUMBER_VALUE")


def problems(operation: str, request: Record, *, service: str = "sagemaker", expressions: bool = False) -> list[str]:
    """What AWS would object to in a request; empty when it is valid.

    Args:
        operation: name of the operation, for example ``CreateModel``.
        request: the request in API shape.
        service: name of the service model.
        expressions: accept pipeline expressions in place of any value.

    Raises:
        ServiceError: SerializationException, if a value has the wrong JSON type.
    """
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return []
    checker = _Checker(expressions=expressions)
    checker.check(request, shape, "")
    return checker.problems


def require_valid(operation: str, request: Record, *, service: str = "sagemaker") -> None:
    """Raise AWS's ValidationException, naming every problem, unless the request is valid."""
    found = problems(operation, request, service=service)
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise ValidationError(f"{len(found)} validation {noun} detected: {'; '.join(found)}")


def project(operation: str, record: Record, *, service: str = "sagemaker") -> Record:
    """The members of a stored record that the operation's answer has; absent values are left out."""
    shape = service_model(service).operation_model(operation).output_shape
    return _project(record, shape) if shape is not None else {}


def _project(record: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and isinstance(record, dict):
        return {
            name: _project(record[name], member)
            for name, member in shape.members.items()
            if record.get(name) is not None
        }
    if isinstance(shape, ListShape) and isinstance(record, list):
        return [_project(item, shape.member) for item in record]
    return record
