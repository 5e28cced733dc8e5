"""One slice of a file: rows read from a place on, records put into the sink, wrong rows put into quarantine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from headrace.errors import RejectedError, RetryableError
from lambdas.shared.files.batches import Batch, Format, Reading
from lambdas.shared.files.places import Place
from lambdas.shared.files.ports import Opened
from lambdas.shared.files.rows import Row


@dataclass(frozen=True, slots=True)
class Slice:
    """What was done: everything of the file from ``start`` to ``place``. ``problem`` says why it went no further."""

    start: Place
    place: Place
    finished: bool
    problem: str = ""


def work(start: Place, its: Reading, *, deadline: float) -> Slice:
    """Read until the end, the deadline, or a sink that takes no more; at least one batch.

    Args:
        start: the file, and where to begin in it.
        its: what to do it with.
        deadline: when to end at the latest, in seconds of the clock.

    Raises:
        GoneError: if there is no such object.
        RetryableError: if nothing at all was done.
        DependencyError: if AWS refuses a call for good.
    """
    note = its.notes(start) if its.notes else None
    start = note.place if note else start
    form = _format(start, its)
    opened = its.inbox.open(start, offset=0 if form.packed else start.offset)
    start = replace(start, modified=start.modified or opened.modified)
    batch, problem = Batch(start, its, note), ""
    try:
        finished = _read(batch, form.rows(batch, opened), deadline=deadline)
    except RejectedError as exc:
        finished, problem = True, exc.reason
        batch.refuse_file(exc)
    except RetryableError as exc:
        if not batch.moved:
            raise
        finished, problem = False, str(exc)
    batch.quarantine()
    if not finished:
        batch.note()
    return Slice(start, batch.place, finished, problem)


def _read(batch: Batch, rows: Iterator[Row], *, deadline: float) -> bool:
    """Returns whether the file's end was reached. Raises RejectedError if the file as a whole is wrong."""
    until, its = 0.0, batch.its
    for row in rows:
        if not until:  # reading up to the place costs a packed file time, and is no progress
            until = min(its.clock() + its.slice_s, deadline)
        batch.add(row)
        if batch.full:
            batch.flush()
            if its.clock() >= until:
                return False
    batch.flush()
    return True


def _format(place: Place, its: Reading) -> Format:
    """The file's format, by the longest ending that its name has; one that refuses the file if it has none."""
    name = place.key.lower()
    found = [ending for ending in its.formats if name.endswith(ending)]
    if found:
        return its.formats[max(found, key=len)]

    def refuse(_batch: Batch, _opened: Opened) -> Iterator[Row]:
        raise RejectedError(f"its name ends neither in {' nor in '.join(its.formats)}")

    return Format(refuse)
