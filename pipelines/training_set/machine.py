"""The engine for one machine: stretches of days, one after the other, in memory that does not grow with history."""

from collections.abc import Iterator, Mapping, Sequence
from ctypes import CDLL
from dataclasses import replace

import pandas as pd
import pyarrow as pa

from headrace.usecase import UseCase
from headrace.windows_columnar import labelled, training_frame
from pipelines.training_set import part
from pipelines.training_set.columns import LABELLED_AT
from pipelines.training_set.days import DAY_S, stretches
from pipelines.training_set.history import Events, Labels, effective, split
from pipelines.training_set.index import Index
from pipelines.training_set.objects import ObjectStore
from pipelines.training_set.order import Order
from pipelines.training_set.record import Basis, Record


def compute(
    store: ObjectStore, order: Order, index: Index, bases: Mapping[int, Basis], days: Sequence[int]
) -> Iterator[Record]:
    """Compute and write days, a stretch at a time. See ``build.Engine``.

    A stretch is as long as the windows reach back, so every event is computed with about twice and is held for at most
    two stretches.
    """
    events, labels = Events(store, order, index), Labels(store, order, index)
    for first, last in stretches(days, longest=order.stretch_days):
        for day, rows in _rows(order, events, labels, first, last):
            for number, own in _parts(order, rows):
                yield part.write(store, order, own, day=day, part=number, basis=bases[day])


def _rows(order: Order, events: Events, labels: Labels, first: int, last: int) -> Iterator[tuple[int, pd.DataFrame]]:
    """The labelled rows of each day of a stretch."""
    _give_back()
    frame = _features(order, events.over(first - order.events_back, last), labels, first, last)
    _give_back()
    truth = labels.over(first, last)
    for day, rows in split(order.usecase, frame, range(first, last + 1)):
        yield day, with_truth(order.usecase, rows, truth, day)


def counting_copies(usecase: UseCase) -> UseCase:
    """The use case for a kernel that is given events without copies, so that it need not look for them again."""
    return replace(usecase, event=replace(usecase.event, drop_duplicates=False))


def with_truth(usecase: UseCase, rows: pd.DataFrame, labels: pd.DataFrame, day: int) -> pd.DataFrame:
    """The rows of a day with a label: of the versions of an event's id on that day the one given last."""
    known = labels[labels[usecase.event.timestamp] // DAY_S == day]
    latest = int(known[LABELLED_AT].max()) if len(known) else day * DAY_S
    return labelled(usecase, rows, known, known_until=latest)


def _features(order: Order, events: pd.DataFrame, labels: Labels, first: int, last: int) -> pd.DataFrame:
    known = effective(order.usecase, labels.over(first - order.labels_back, last)) if order.labels_back else None
    _give_back()
    case = counting_copies(order.usecase)
    return training_frame(case, events, known, since=first * DAY_S, until=(last + 1) * DAY_S)


def _give_back() -> None:
    """Return to the system what was freed: else the pages that reading, computing and writing keep pile up."""
    pa.default_memory_pool().release_unused()
    if (trim := getattr(CDLL(None), "malloc_trim", None)) is not None:  # glibc has it, and is what needs it
        trim(0)


def _parts(order: Order, rows: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    if order.parts == 1:
        yield 0, rows
        return
    numbers = rows[order.usecase.event.id].map(lambda event_id: part.number(event_id, order.parts))
    for number in range(order.parts):
        yield number, rows[numbers == number]
