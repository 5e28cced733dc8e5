"""One slice of a file: lines read from a place on, labels put on the stream, wrong lines put into quarantine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from headrace.errors import RejectedError, RetryableError
from lambdas.label_inbox.batches import Batch, Reading
from lambdas.label_inbox.label_rows import HEADER_BYTES, Row, csv_rows, json_rows, read_header
from lambdas.label_inbox.places import Place
from lambdas.label_inbox.text_lines import lines, skip, unpack

_PACKED = ".gz"
_ENDINGS = (".csv", ".jsonl")


@dataclass(frozen=True, slots=True)
class Slice:
    """What was done: everything of the file from ``start`` to ``place``. ``problem`` says why it went no further."""

    start: Place
    place: Place
    finished: bool
    problem: str = ""


def work(start: Place, its: Reading, *, deadline: float) -> Slice:
    """Read until the end, the deadline, or a stream that takes no more; at least one batch.

    Args:
        start: the file, and where to begin in it.
        its: what to do it with.
        deadline: when to end at the latest, in seconds of the clock.

    Raises:
        GoneError: if there is no such object.
        RetryableError: if nothing at all was done.
        DependencyError: if AWS refuses a call for good.
    """
    packed = start.key.lower().endswith(_PACKED)
    opened = its.inbox.open(start, offset=0 if packed else start.offset)
    start = replace(start, modified=start.modified or opened.modified)
    batch, problem = Batch(start, its), ""
    try:
        finished = _read(batch, opened.chunks, packed=packed, deadline=deadline)
    except RejectedError as exc:
        finished, problem = True, exc.reason
        batch.refuse_file(exc)
    except RetryableError as exc:
        if not batch.moved:
            raise
        finished, problem = False, str(exc)
    batch.quarantine()
    return Slice(start, batch.place, finished, problem)


def _read(batch: Batch, chunks: Iterator[bytes], *, packed: bool, deadline: float) -> bool:
    """Returns whether the file's end was reached. Raises RejectedError if the file as a whole is wrong."""
    until, its = 0.0, batch.its
    for row in _rows(batch, chunks, packed=packed):
        if not until:  # reading up to the place costs a packed file time, and is no progress
            until = min(its.clock() + its.slice_s, deadline)
        batch.add(row)
        if batch.full:
            batch.flush()
            if its.clock() >= until:
                return False
    batch.flush()
    return True


def _rows(batch: Batch, chunks: Iterator[bytes], *, packed: bool) -> Iterator[Row]:
    place, its = batch.place, batch.its
    name = place.key.lower().removesuffix(_PACKED)
    if not name.endswith(_ENDINGS):
        raise RejectedError("its name ends neither in .csv nor in .jsonl, nor in one of them and .gz")
    if packed:
        chunks = skip(unpack(chunks, most_bytes=its.most_bytes, most_ratio=its.most_ratio), place.offset)
    longest = max(its.usecase.event.max_bytes, HEADER_BYTES + 1)
    found = lines(chunks, after=place.offset, number=place.line, longest=longest)
    if name.endswith(".jsonl"):
        return json_rows(found, batch.labels)
    if not place.header:
        first = next(found, None)
        if first is None:
            return iter(())
        read_header(first.text, its.usecase)
        batch.begin(first.end, first.text.decode())
    return csv_rows(found, read_header(batch.place.header.encode(), its.usecase), batch.labels)
