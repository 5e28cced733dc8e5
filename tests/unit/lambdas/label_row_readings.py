"""Rows of files of labels as the stream's readers would have them."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from inbox_fakes import FRAUD, GIVEN, HEADER
from shard_records import START

from headrace.errors import RejectedError
from headrace.schema import LabelRecord, parse_label
from lambdas.label_inbox.logic import LabelReader
from lambdas.shared.files.rows import Outgoing, Row
from lambdas.shared.files.text_lines import lines
from lambdas.shared.files.text_rows import csv_rows, json_rows, read_header

ITS = LabelReader(FRAUD, GIVEN)
EXPECTED = LabelRecord("e000001", START, {"customer": "c1", "terminal": "t1"}, 1, GIVEN)


class Said(NamedTuple):
    """A row, and its record read as the stream's readers do."""

    line: int
    last_line: int
    end: int
    label: LabelRecord | RejectedError


def said(rows: Iterator[Row]) -> list[Said]:
    return [
        Said(it.line, it.last_line, it.end, parse_label(FRAUD, it.record.data))
        if isinstance(it.record, Outgoing)
        else Said(it.line, it.last_line, it.end, it.record)
        for it in rows
    ]


def of_csv(text: str | bytes, header: str = HEADER) -> list[Said]:
    data = text if isinstance(text, bytes) else text.encode()
    found = lines([data], after=0, number=1, longest=FRAUD.event.max_bytes)
    return said(csv_rows(found, read_header(header.encode(), ITS), ITS))


def of_json(*rows: object) -> list[Said]:
    data = b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
    return said(json_rows(lines([data], after=0, number=0, longest=FRAUD.event.max_bytes), ITS))


def reason(row: Said) -> str:
    assert isinstance(row.label, RejectedError)
    return str(row.label)
