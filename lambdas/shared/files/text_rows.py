"""Lines become rows: JSON lines, and CSV by the names in its first line.

Cells are data whatever they look like: a spreadsheet's formula is an odd id.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from headrace.errors import RejectedError
from lambdas.shared.files.rows import Outgoing, Reader, Row
from lambdas.shared.files.text_lines import Line

HEADER_BYTES = 16_384
_DELIMITERS = (",", ";", "\t", "|")
_MOST_LINES = 100
"""Over how many lines one CSV record may run."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a CSV file."""

    delimiter: str
    names: tuple[str, ...]


def json_rows(lines: Iterable[Line], reader: Reader) -> Iterator[Row]:
    """One row per line; blank lines are passed over."""
    for line in lines:
        if line.text.strip():
            yield Row(line.number, line.number, line.end, line.text, _of_json(line, reader))


def _of_json(line: Line, reader: Reader) -> Outgoing | RejectedError:
    try:
        if not line.whole:
            raise _too_long(reader)
        return reader.of_json(line.text)
    except RejectedError as exc:
        return exc


def read_header(text: bytes, reader: Reader) -> Header:
    """Find the delimiter and the names: comma, semicolon, tab or bar, whichever separates every column that is needed.

    Raises:
        RejectedError: naming the columns that are missing, or a name that is there twice.
    """
    if len(text) > HEADER_BYTES:
        raise RejectedError(f"the first line is longer than {HEADER_BYTES} bytes")
    found = [Header(delimiter, names) for delimiter in _DELIMITERS if (names := _names(text, delimiter))]
    if not found or text.count(b'"') % 2:
        raise RejectedError("the first line is not CSV in UTF-8")
    best = max(found, key=lambda header: len(reader.needed & {*header.names}))
    if missing := sorted(reader.needed - {*best.names}):
        raise RejectedError(f"the first line lacks {', '.join(missing)}")
    if twice := sorted(name for name in reader.single if best.names.count(name) > 1):
        raise RejectedError(f"the first line has {', '.join(twice)} twice")
    return best


def _names(text: bytes, delimiter: str) -> tuple[str, ...]:
    """None at all if the line cannot be read so: a quoted name ends where the right delimiter follows, and no other."""
    try:
        return tuple(name.strip() for name in _cells(text.decode(), delimiter))
    except (UnicodeDecodeError, csv.Error):
        return ()


def csv_rows(lines: Iterable[Line], header: Header, reader: Reader) -> Iterator[Row]:
    """One row per record; blank lines are passed over. A quoted cell may run over several lines."""
    source = _Lines(lines)
    for line in source:
        if line.text.strip():
            group, record = [line], _of_csv([line], header, reader)
            if isinstance(record, _UnclosedError):
                group, record = _closed(line, source, header, reader)
            yield Row(line.number, group[-1].number, group[-1].end, b"\n".join(it.text for it in group), record)


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


def _closed(first: Line, source: _Lines, header: Header, reader: Reader) -> tuple[list[Line], Outgoing | RejectedError]:
    """Take lines until the record is closed; if it never is, the first line alone is wrong and the others go back."""
    group, size = [first], len(first.text)
    for line in source:
        group.append(line)
        size += len(line.text)
        record = _of_csv(group, header, reader)
        if not isinstance(record, _UnclosedError):
            return group, record
        if len(group) == _MOST_LINES or size > reader.max_bytes:
            break
    source.give_back(group[1:])
    return [first], RejectedError("has a quote that is not closed")


def _of_csv(group: list[Line], header: Header, reader: Reader) -> Outgoing | RejectedError:
    try:
        if not all(line.whole for line in group):
            raise _too_long(reader)
        text = b"\n".join(line.text for line in group).removesuffix(b"\r").decode()
        cells = _cells(text, header.delimiter)
        if len(cells) != len(header.names):
            raise RejectedError(f"has {len(cells)} cells where the first line has {len(header.names)}")
        return reader.of_cells(dict(zip(header.names, cells, strict=True)))
    except UnicodeDecodeError:
        return RejectedError("is not UTF-8")
    except csv.Error:
        unclosed = sum(line.text.count(b'"') for line in group) % 2
        return _UnclosedError("has a quote that is not closed") if unclosed else RejectedError("is not CSV")
    except RejectedError as exc:
        return exc


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True)) if '"' in text else text.split(delimiter)


def _too_long(reader: Reader) -> RejectedError:
    return RejectedError(f"is larger than {reader.max_bytes} bytes")
