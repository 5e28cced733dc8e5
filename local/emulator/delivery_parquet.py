"""Record format conversion: JSON to Parquet by the columns of a Glue table.

Semantics of the OpenX JSON SerDe that Firehose uses
(https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-concepts.html): keys match columns without
regard to case, a missing key is null, keys without a column are ignored, several documents may follow each other in one
record, and a value that does not fit its column fails the record, not the object.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local.emulator.delivery_columns import Coerce, MistypedError, UnknownTypeError, column_type


class ConversionError(ValueError):
    """The record cannot be converted. ``code`` is Firehose's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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
        try:
            arrow_type, coerce = column_type(column["Type"].strip().lower())
        except UnknownTypeError as exc:
            raise ConversionError("DataFormatConversion.InvalidSchema", str(exc)) from exc
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
            except MistypedError as exc:
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
        found: list[Any] = [document]
    except json.JSONDecodeError:
        found = _several(text)
    except UnicodeDecodeError as exc:
        raise ConversionError("DataFormatConversion.ParseError", "Encountered malformed JSON.") from exc
    if found == [None]:
        raise ConversionError(
            "DataFormatConversion.MalformedData", "The record was empty or contained only whitespace."
        )
    if not all(isinstance(document, dict) for document in found):
        message = "The input JSON must be an object at the top level."
        raise ConversionError("DataFormatConversion.MalformedData", message)
    return found


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
