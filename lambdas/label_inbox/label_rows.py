"""Lines become labels or rejections: JSON lines as on the stream, CSV by the names in its first line.

Cells are data whatever they look like: a spreadsheet's formula is an odd id. CSV has no types, so the cells of times
and of the label are read as numbers where they look like numbers; ids and keys stay as they are, spaces included.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from headrace.errors import RejectedError
from headrace.schema import LabelRecord, coerce_label, parse_label
from headrace.usecase import UseCase
from lambdas.label_inbox.text_lines import Line

HEADER_BYTES = 16_384
_DELIMITERS = (",", ";", "\t", "|")
_MOST_LINES = 100
"""Over how many lines one CSV record may run."""
_GIVEN = "labelled_at"
_NUMBER = re.compile(r"\d+(\.\d*)?", re.ASCII)
_TRUTHS: dict[str, int | bool] = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": False, "true": True}


class Row(NamedTuple):
    """One record of a file: the numbers of its first and last line, where it ends, its bytes, and what it says."""

    line: int
    last_line: int
    end: int
    data: bytes
    label: LabelRecord | RejectedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """How a file's labels are read: whose they are, when the file was given, and after which second none can be."""

    usecase: UseCase
    given_at: int
    latest: int


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a CSV file."""

    delimiter: str
    names: tuple[str, ...]


def json_rows(lines: Iterable[Line], its: Labels) -> Iterator[Row]:
    """One label per line; blank lines are passed over."""
    for line in lines:
        if line.text.strip():
            yield Row(line.number, line.number, line.end, line.text, _of_json(line, its))


def _of_json(line: Line, its: Labels) -> LabelRecord | RejectedError:
    try:
        if not line.whole:
            raise _too_long(its.usecase)
        return parse_label(its.usecase, line.text, latest=its.latest, labelled_at=its.given_at)
    except RejectedError as exc:
        return exc


def read_header(text: bytes, usecase: UseCase) -> Header:
    """Find the delimiter and the names: comma, semicolon, tab or bar, whichever separates every column that is needed.

    Raises:
        RejectedError: naming the columns that are missing, or a name that is there twice.
    """
    if len(text) > HEADER_BYTES:
        raise RejectedError(f"the first line is longer than {HEADER_BYTES} bytes")
    found = [Header(delimiter, tuple(_names(text, delimiter))) for delimiter in _DELIMITERS]
    best = max(found, key=lambda header: len(needed(usecase) & {*header.names}))
    if missing := sorted(needed(usecase) - {*best.names}):
        raise RejectedError(f"the first line lacks {', '.join(missing)}")
    if twice := sorted(name for name in {*needed(usecase), _GIVEN} if best.names.count(name) > 1):
        raise RejectedError(f"the first line has {', '.join(twice)} twice")
    return best


def needed(usecase: UseCase) -> set[str]:
    """The columns without which there is no label."""
    shape = usecase.event
    return {shape.id, shape.timestamp, usecase.label.field, *(entity.key for entity in usecase.entities)}


def _names(text: bytes, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in _cells(text.decode(), delimiter)]
    except (UnicodeDecodeError, csv.Error) as exc:
        raise RejectedError("the first line is not CSV in UTF-8") from exc


def csv_rows(lines: Iterable[Line], header: Header, its: Labels) -> Iterator[Row]:
    """One label per record; blank lines are passed over. A quoted cell may run over several lines."""
    source = _Lines(lines)
    for line in source:
        if line.text.strip():
            group, label = [line], _of_csv([line], header, its)
            if isinstance(label, _UnclosedError):
                group, label = _closed(line, source, header, its)
            yield Row(line.number, group[-1].number, group[-1].end, b"\n".join(it.text for it in group), label)


class _UnclosedError(RejectedError):
    """A quote is not closed; perhaps the next line does."""


class _Lines:
    """Lines, of which some may be given back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._returned: list[Line] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> Line:
        return self._returned.pop(0) if self._returned else next(self._lines)

    def give_back(self, lines: list[Line]) -> None:
        self._returned[:0] = lines


def _closed(first: Line, source: _Lines, header: Header, its: Labels) -> tuple[list[Line], LabelRecord | RejectedError]:
    """Take lines until the record is closed; if it never is, the first line alone is wrong and the others go back."""
    group, size = [first], len(first.text)
    for line in source:
        group.append(line)
        size += len(line.text)
        label = _of_csv(group, header, its)
        if not isinstance(label, _UnclosedError):
            return group, label
        if len(group) == _MOST_LINES or size > its.usecase.event.max_bytes:
            break
    source.give_back(group[1:])
    return [first], RejectedError("has a quote that is not closed")


def _of_csv(group: list[Line], header: Header, its: Labels) -> LabelRecord | RejectedError:
    try:
        if not all(line.whole for line in group):
            raise _too_long(its.usecase)
        text = b"\n".join(line.text for line in group).removesuffix(b"\r").decode()
        cells = _cells(text, header.delimiter)
        if len(cells) != len(header.names):
            raise RejectedError(f"has {len(cells)} cells where the first line has {len(header.names)}")
        raw = dict(zip(header.names, cells, strict=True))
        return coerce_label(its.usecase, _typed(raw, its.usecase), latest=its.latest, labelled_at=its.given_at)
    except UnicodeDecodeError:
        return RejectedError("is not UTF-8")
    except csv.Error:
        unclosed = sum(line.text.count(b'"') for line in group) % 2
        return _UnclosedError("has a quote that is not closed") if unclosed else RejectedError("is not CSV")
    except RejectedError as exc:
        return exc


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True)) if '"' in text else text.split(delimiter)


def _typed(raw: dict[str, str], usecase: UseCase) -> dict[str, object]:
    """The cells as JSON would have them; an empty one is absent."""
    typed: dict[str, object] = {name: cell for name, cell in raw.items() if cell}
    for name in (usecase.event.timestamp, _GIVEN):
        if text := raw.get(name, "").strip():
            typed[name] = float(text) if _NUMBER.fullmatch(text) else text
    truth = raw[usecase.label.field].strip()
    if truth:
        typed[usecase.label.field] = _TRUTHS.get(truth.lower(), truth)
    return typed


def _too_long(usecase: UseCase) -> RejectedError:
    return RejectedError(f"is larger than {usecase.event.max_bytes} bytes")
