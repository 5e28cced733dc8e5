"""Record format conversion: JSON to Parquet by the columns of a Glue table.

Semantics of the OpenX JSON SerDe that Firehose uses
(https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-concepts.html): keys match columns without
regard to case, a missing key is null, keys without a column are ignored, several documents may follow each other in one
record, and a value that does not fit its column fails the record, not the object. Where the SerDe guesses (a number in
a string), this is stricter: what passes here passes there.
"""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64}
_TIMESTAMP = re.compile(r"\d{4}-\d\d?-\d\d?(T\d\d:\d\d:\d\d(\.\d{1,9})?Z| \d\d:\d\d:\d\d(\.\d{1,9})?)")
_MILLISECONDS_FROM = 100_000_000_000  # larger epoch numbers can only be milliseconds

Coerce = Callable[[Any], Any]


class ConversionError(ValueError):
    """The record cannot be converted. ``code`` is Firehose's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _MistypedError(ValueError):
    """A value does not fit its column."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the table: lower-case name, Arrow type, and what makes a JSON value fit."""

    name: str
    type: pa.DataType
    coerce: Coerce


def columns(described: Sequence[Mapping[str, str]]) -> tuple[Column, ...]:
    """The columns of a Glue table's storage descriptor.

    Raises:
        ConversionError: a column type is unknown.
    """
    found = []
    for column in described:
        arrow_type, coerce = _type(column["Type"].strip().lower())
        found.append(Column(name=column["Name"].lower(), type=arrow_type, coerce=coerce))
    return tuple(found)


def rows(data: bytes, table: Sequence[Column]) -> list[list[Any]]:
    """The rows of one record: one per JSON document in it, values in column order.

    Raises:
        ConversionError: the record is not JSON objects, or a value does not fit its column.
    """
    found = []
    for document in _documents(data):
        values = {key.lower(): value for key, value in document.items()}
        row = []
        for column in table:
            value = values.get(column.name)
            try:
                row.append(None if value is None else column.coerce(value))
            except _MistypedError as exc:
                message = f"Data does not match the schema. column {column.name}: {exc}"
                raise ConversionError("DataFormatConversion.MalformedData", message) from exc
        found.append(row)
    return found


def parquet(all_rows: Sequence[Sequence[Any]], table: Sequence[Column], compression: str) -> bytes:
    """A Parquet file of the rows. Timestamps are INT96, as Firehose writes them."""
    arrays = [pa.array([row[i] for row in all_rows], column.type) for i, column in enumerate(table)]
    sink = io.BytesIO()
    content = pa.table(arrays, names=[column.name for column in table])
    pq.write_table(content, sink, compression=compression, use_deprecated_int96_timestamps=True)
    return sink.getvalue()


def _documents(data: bytes) -> list[dict[str, Any]]:
    try:
        text = data.decode().strip()
        document = json.loads(text) if text else None
        found = [document]
    except json.JSONDecodeError:
        found = _several(text)
    except UnicodeDecodeError as exc:
        raise ConversionError("DataFormatConversion.ParseError", "Encountered malformed JSON.") from exc
    if found == [None]:
        raise ConversionError(
            "DataFormatConversion.MalformedData", "The record was empty or contained only whitespace."
        )
    if not all(isinstance(document, dict) for document in found):
        raise ConversionError("DataFormatConversion.MalformedData", "The top level of the input JSON must be an object.")
    return found  # type: ignore[return-value]  # checked one line above


def _several(text: str) -> list[Any]:
    decoder, found, position = json.JSONDecoder(), [], 0
    try:
        while position < len(text):
            document, position = decoder.raw_decode(text, position)
            found.append(document)
            while position < len(text) and text[position].isspace():
                position += 1
    except json.JSONDecodeError as exc:
        raise ConversionError("DataFormatConversion.ParseError", "Encountered malformed JSON.") from exc
    return found


def _type(name: str) -> tuple[pa.DataType, Coerce]:
    if name in _INTEGERS:
        bits = _INTEGERS[name]
        return getattr(pa, f"int{bits}")(), _integer(bits)
    if name in ("string", "binary") or name.startswith(("varchar(", "char(")):
        return pa.string(), _text
    simple: dict[str, tuple[pa.DataType, Coerce]] = {
        "double": (pa.float64(), _float),
        "float": (pa.float32(), _float),
        "boolean": (pa.bool_(), _boolean),
        "timestamp": (pa.timestamp("ns"), _timestamp),
        "date": (pa.date32(), _date),
    }
    if name in simple:
        return simple[name]
    head, _, inner = name.rstrip(">)").partition("<" if "<" in name else "(")
    if head == "decimal":
        precision, _, scale = inner.partition(",")
        return pa.decimal128(int(precision or 10), int(scale or 0)), _decimal(int(scale or 0))
    inner = name[len(head) + 1 : -1]
    if head == "array":
        return _array(*_type(inner.strip()))
    if head == "map":
        return _map([_type(part.strip()) for part in _split(inner)])
    if head == "struct":
        return _struct({part.partition(":")[0].strip(): _type(part.partition(":")[2].strip()) for part in _split(inner)})
    raise ConversionError("DataFormatConversion.InvalidSchema", f"the column type {name} is not supported")


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
    return parts


def _integer(bits: int) -> Coerce:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def coerce(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise _MistypedError(f"{_shown(value)} is not a {bits}-bit integer")

    return coerce


def _float(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise _MistypedError(f"{_shown(value)} is not a number")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _MistypedError(f"{_shown(value)} is not a boolean")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _timestamp(value: Any) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value * (1_000_000 if abs(value) >= _MILLISECONDS_FROM else 1_000_000_000))
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise _MistypedError(f"{_shown(value)} is not a timestamp")
    whole, _, fraction = value.rstrip("Z").replace("T", " ").partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as exc:
        raise _MistypedError(f"{_shown(value)} is not a timestamp") from exc
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as exc:
        raise _MistypedError(f"{_shown(value)} is not a date") from exc


def _decimal(scale: int) -> Coerce:
    def coerce(value: Any) -> Decimal:
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale))
            except InvalidOperation:
                pass
        raise _MistypedError(f"{_shown(value)} is not a decimal")

    return coerce


def _array(arrow_type: pa.DataType, coerce: Coerce) -> tuple[pa.DataType, Coerce]:
    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _MistypedError(f"{_shown(value)} is not an array")
        return [None if item is None else coerce(item) for item in value]

    return pa.list_(arrow_type), convert


def _map(types: Sequence[tuple[pa.DataType, Coerce]]) -> tuple[pa.DataType, Coerce]:
    (key_type, key), (item_type, item) = types

    def convert(value: Any) -> list[tuple[Any, Any]]:
        if not isinstance(value, dict):
            raise _MistypedError(f"{_shown(value)} is not an object")
        return [(key(name), None if inner is None else item(inner)) for name, inner in value.items()]

    return pa.map_(key_type, item_type), convert


def _struct(fields: Mapping[str, tuple[pa.DataType, Coerce]]) -> tuple[pa.DataType, Coerce]:
    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _MistypedError(f"{_shown(value)} is not an object")
        values = {name.lower(): inner for name, inner in value.items()}
        return {
            name: None if values.get(name) is None else coerce(values[name]) for name, (_type, coerce) in fields.items()
        }

    return pa.struct([(name, arrow_type) for name, (arrow_type, _coerce) in fields.items()]), convert


def _shown(value: Any) -> str:
    return json.dumps(value)[:80]
