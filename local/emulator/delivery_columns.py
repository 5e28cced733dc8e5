"""Hive column types as Arrow types, and what makes a JSON value fit one.

Where the OpenX JSON SerDe guesses (a number in a string), this is stricter: what passes here passes there.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64}
_TIMESTAMP = re.compile(r"\d{4}-\d\d?-\d\d?(T\d\d:\d\d:\d\d(\.\d{1,9})?Z| \d\d:\d\d:\d\d(\.\d{1,9})?)")
_MILLISECONDS_FROM = 100_000_000_000  # larger epoch numbers can only be milliseconds

Coerce = Callable[[Any], Any]
ColumnType = tuple[pa.DataType, Coerce]


class MistypedError(ValueError):
    """A value does not fit its column."""


class UnknownTypeError(ValueError):
    """The column type is not supported."""


def column_type(name: str) -> ColumnType:
    """The Arrow type of a Hive type in lower case, and what makes a JSON value fit it.

    Raises:
        UnknownTypeError: Glue knows the type, this does not.
    """
    if name in _INTEGERS:
        bits = _INTEGERS[name]
        return getattr(pa, f"int{bits}")(), _integer(bits)
    if name in _simple():
        return _simple()[name]
    head, inner = re.split("[<(]", name, maxsplit=1)[0], name[name.find("<" if "<" in name else "(") + 1 : -1]
    if head in ("varchar", "char"):
        return pa.string(), _text
    if head == "decimal":
        precision, scale = (int(part) for part in (inner if "(" in name else "10,0").split(","))
        return pa.decimal128(precision, scale), _decimal(scale)
    if "<" in name and head in _NESTED:
        return _NESTED[head](_split(inner))
    raise UnknownTypeError(f"the column type {name} is not supported")


def _simple() -> dict[str, ColumnType]:
    return {
        "string": (pa.string(), _text),
        "double": (pa.float64(), _float),
        "float": (pa.float32(), _float),
        "boolean": (pa.bool_(), _boolean),
        "timestamp": (pa.timestamp("ns"), _timestamp),
        "date": (pa.date32(), _date),
    }


def _split(inner: str) -> list[str]:
    """The comma-separated arguments of a nested type, commas inside brackets aside."""
    parts, depth = [""], 0
    for character in inner:
        depth += character in "<("
        depth -= character in ">)"
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _integer(bits: int) -> Coerce:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def coerce(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise MistypedError(f"{_shown(value)} is not a {bits}-bit integer")

    return coerce


def _float(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise MistypedError(f"{_shown(value)} is not a number")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise MistypedError(f"{_shown(value)} is not a boolean")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _timestamp(value: Any) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value * (1_000_000 if abs(value) >= _MILLISECONDS_FROM else 1_000_000_000))
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise MistypedError(f"{_shown(value)} is not a timestamp")
    whole, _, fraction = value.rstrip("Z").replace("T", " ").partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as exc:
        raise MistypedError(f"{_shown(value)} is not a timestamp") from exc
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as exc:
        raise MistypedError(f"{_shown(value)} is not a date") from exc


def _decimal(scale: int) -> Coerce:
    def coerce(value: Any) -> Decimal:
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale))
            except InvalidOperation:
                pass
        raise MistypedError(f"{_shown(value)} is not a decimal")

    return coerce


def _array(parts: Sequence[str]) -> ColumnType:
    arrow_type, coerce = column_type(parts[0])

    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise MistypedError(f"{_shown(value)} is not an array")
        return [None if item is None else coerce(item) for item in value]

    return pa.list_(arrow_type), convert


def _map(parts: Sequence[str]) -> ColumnType:
    (key_type, key), (item_type, item) = (column_type(part) for part in parts)

    def convert(value: Any) -> list[tuple[Any, Any]]:
        if not isinstance(value, dict):
            raise MistypedError(f"{_shown(value)} is not an object")
        return [(key(name), None if inner is None else item(inner)) for name, inner in value.items()]

    return pa.map_(key_type, item_type), convert


def _struct(parts: Sequence[str]) -> ColumnType:
    fields = {name.strip(): column_type(kind.strip()) for name, _, kind in (part.partition(":") for part in parts)}

    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise MistypedError(f"{_shown(value)} is not an object")
        values = {name.lower(): inner for name, inner in value.items()}
        return {
            name: None if values.get(name) is None else coerce(values[name]) for name, (_type, coerce) in fields.items()
        }

    return pa.struct([(name, arrow_type) for name, (arrow_type, _coerce) in fields.items()]), convert


def _shown(value: Any) -> str:
    return json.dumps(value)[:80]


_NESTED: dict[str, Callable[[Sequence[str]], ColumnType]] = {"array": _array, "map": _map, "struct": _struct}
