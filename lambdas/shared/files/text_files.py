"""Files of text: CSV and JSON lines, plain or packed with gzip."""

from collections.abc import Iterator, Mapping

from lambdas.shared.files.batches import Batch, Format
from lambdas.shared.files.ports import Opened
from lambdas.shared.files.rows import Row
from lambdas.shared.files.text_lines import Line, lines, skip, unpack
from lambdas.shared.files.text_rows import HEADER_BYTES, csv_rows, json_rows, read_header


def _lines(batch: Batch, chunks: Iterator[bytes]) -> Iterator[Line]:
    longest = max(batch.reader.max_bytes, HEADER_BYTES + 1)
    return lines(chunks, after=batch.place.offset, number=batch.place.line, longest=longest)


def _unpacked(batch: Batch, opened: Opened) -> Iterator[bytes]:
    its = batch.its
    return skip(unpack(opened.chunks, most_bytes=its.most_bytes, most_ratio=its.most_ratio), batch.place.offset)


def _csv(batch: Batch, found: Iterator[Line]) -> Iterator[Row]:
    if not batch.place.header:
        first = next(found, None)
        if first is None:
            return iter(())
        read_header(first.text, batch.reader)
        batch.begin(first.end, first.text.decode())
    return csv_rows(found, read_header(batch.place.header.encode(), batch.reader), batch.reader)


TEXT_FORMATS: Mapping[str, Format] = {
    ".csv": Format(lambda batch, opened: _csv(batch, _lines(batch, opened.chunks))),
    ".jsonl": Format(lambda batch, opened: json_rows(_lines(batch, opened.chunks), batch.reader)),
    ".csv.gz": Format(lambda batch, opened: _csv(batch, _lines(batch, _unpacked(batch, opened))), packed=True),
    ".jsonl.gz": Format(
        lambda batch, opened: json_rows(_lines(batch, _unpacked(batch, opened)), batch.reader), packed=True
    ),
}
