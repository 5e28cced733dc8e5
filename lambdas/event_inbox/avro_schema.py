"""The schema that a file of Avro brings along, held against a use case's event.

It is what makes files of different ages readable: a field that the file has and the event has not is passed over, an
optional field that the file has not is absent, ``int`` and ``float`` are read where more is wished, and a field that
was renamed is found by the alias that the file gives it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException, UnknownType

from headrace.errors import RejectedError
from headrace.json_object import shown
from lambdas.shared.files.rows import Reader

_UNITS = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}
_LONGEST = 256 * 1024
_DEEPEST = 16
_NAMED = frozenset({"record", "error", "enum", "fixed"})


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file's rows are read.

    ``schema`` is as fastavro wants it, its times as plain numbers. ``names`` says under which name the value of each
    path goes to the event, ``units`` how many units of a time are one second.
    """

    schema: Any
    names: Mapping[str, str]
    units: Mapping[str, int]


def read_layout(text: bytes, reader: Reader) -> Layout:
    """Read a file's schema.

    Raises:
        RejectedError: if it is none, is recursive, is no record, or lacks a field that the event needs.
    """
    try:
        schema = json.loads(text) if len(text) <= _LONGEST else None
        types: dict[str, Any] = {}
        _name_types(schema, types)
        plain = _without_times(schema, types, frozenset(), 0)
        parsed = fastavro.parse_schema(plain)
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise RejectedError("is no file of records")
        leaves = list(_leaves(schema, "", types, reader))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise RejectedError("has no schema that can be read") from exc
    except (SchemaParseException, UnknownType) as exc:
        raise RejectedError("has no schema that can be read") from exc
    _require(leaves, reader)
    names = {path: name for path, name, _ in leaves}
    return Layout(parsed, names, {name: units for _, name, units in leaves if units})


def _require(leaves: list[tuple[str, str, int]], reader: Reader) -> None:
    held = [name for _, name, _ in leaves]
    if missing := sorted(reader.needed - {*held}):
        raise RejectedError(f"its schema lacks {', '.join(missing)}")
    if twice := sorted(name for name in reader.single if held.count(name) > 1):
        raise RejectedError(f"its schema has {', '.join(map(shown, twice))} twice")


def _leaves(
    record: Mapping[str, Any], prefix: str, types: Mapping[str, Any], reader: Reader
) -> Iterator[tuple[str, str, int]]:
    """Of each value its path, the name that it goes by, and its units if it is a time."""
    for field in record["fields"]:
        path = f"{prefix}{field['name']}"
        given = field["type"] if isinstance(field["type"], list) else [field["type"]]
        kinds = [_known(it, types) for it in given]
        inner = [it for it in kinds if isinstance(it, dict) and it.get("type") == "record"]
        for it in inner:
            yield from _leaves(it, f"{path}_", types, reader)
        if not inner:
            aliases = [f"{prefix}{it}" for it in field.get("aliases", [])]
            known = [it for it in (path, *aliases) if it in reader.single]
            yield path, known[0] if known else path, next(filter(None, map(_unit, kinds)), 0)


def _unit(kind: Any) -> int:
    """How many units of a time are one second; 0 if the type is no time."""
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    if not isinstance(logical, str) or "timestamp-" not in logical:
        return 0
    return _UNITS.get(logical.rpartition("-")[2], 0)


def _last(name: object) -> str:
    """A type's name without its namespace."""
    return str(name).rpartition(".")[2]


def _known(kind: Any, types: Mapping[str, Any]) -> Any:
    """The type that a name stands for; any other as it is."""
    return types.get(_last(kind), kind) if isinstance(kind, str) else kind


def _name_types(kind: Any, found: dict[str, Any]) -> None:
    """Find the types that have names, which stand for them from there on."""
    if isinstance(kind, list):
        for it in kind:
            _name_types(it, found)
    elif isinstance(kind, dict):
        if kind.get("type") in _NAMED:
            found[_last(kind["name"])] = kind
        for it in (kind.get("type"), kind.get("items"), kind.get("values")):
            _name_types(it, found)
        for field in kind.get("fields", ()):
            _name_types(field["type"], found)


def _without_times(kind: Any, types: Mapping[str, Any], outer: frozenset[str], depth: int) -> Any:
    """The same schema with moments as numbers: one that lies out of range is then its row's fault alone.

    Raises:
        RejectedError: if a type holds itself, or types lie too deep, or an array's items take no bytes.
    """
    if depth > _DEEPEST:
        raise RejectedError("its schema is nested too deeply")
    if isinstance(kind, str) and _last(kind) in outer:
        raise RejectedError("its schema holds itself")
    if isinstance(kind, list):
        return [_without_times(it, types, outer, depth + 1) for it in kind]
    if not isinstance(kind, dict):
        return kind
    inside = outer | {_last(kind["name"])} if kind.get("type") in _NAMED else outer
    found = {name: value for name, value in kind.items() if not (name == "logicalType" and _unit(kind))}
    if "fields" in kind:
        found["fields"] = [
            {**it, "type": _without_times(it["type"], types, inside, depth + 1)} for it in kind["fields"]
        ]
    for items in ("items", "values"):
        if items in kind:
            if _may_be_empty(kind[items], types):
                raise RejectedError("its schema has a list of nothing")
            found[items] = _without_times(kind[items], types, inside, depth + 1)
    if isinstance(kind.get("type"), dict | list):
        found["type"] = _without_times(kind["type"], types, inside, depth + 1)
    return found


def _may_be_empty(kind: Any, types: Mapping[str, Any]) -> bool:
    """Whether a value may take no bytes, so that a few bytes could stand for endlessly many."""
    kind = _known(kind, types)
    if isinstance(kind, dict):
        if kind.get("type") == "record":
            return all(_may_be_empty(it["type"], types) for it in kind["fields"])
        if kind.get("type") == "fixed":
            return not kind.get("size")
        return _may_be_empty(kind.get("type"), types)
    return bool(kind == "null")
