"""The training set of a history: computed in memory, judged, then written as every training set of the lake is.

Files, records and manifest are those that ``pipelines.training_set.build`` would make of the lake, so a later build of
the same set finds nothing to do, and one with more data computes what changed.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from cli.backfill.history import History
from headrace.windows_columnar import labelled, training_frame
from pipelines.training_set import ObjectStore, Order, build, part
from pipelines.training_set import index as lake_index
from pipelines.training_set.build import Report
from pipelines.training_set.days import DAY_S
from pipelines.training_set.history import split
from pipelines.training_set.index import Index, Summary
from pipelines.training_set.record import Basis, Record


def training_rows(history: History) -> pd.DataFrame:
    """Features and label of every event whose label is known."""
    frame = training_frame(history.usecase, history.events, history.labels)
    return labelled(history.usecase, frame, history.labels, known_until=history.at - 1)


def order_of(history: History) -> Order:
    """What is ordered: every day of the history, under the history's name."""
    times = history.events[history.usecase.event.timestamp]
    return Order(
        usecase=history.usecase,
        name=f"backfill-{history.digest}",
        since=int(times.iloc[0]) // DAY_S,
        until=int(times.iloc[-1]) // DAY_S + 1,
        labels_until=history.at,
    )


def note_lake(store: ObjectStore, order: Order, events: Sequence[Summary], labels: Sequence[Summary]) -> None:
    """Tell the build what the lake's objects hold, for who wrote them knows it."""
    if events or labels:
        lake_index.keep(store, order, Index(events, labels))


def write_training_set(store: ObjectStore, order: Order, rows: pd.DataFrame, report: Report) -> int:
    """Write what is not written yet; returns the rows of the whole set.

    Raises:
        LakeError: if the lake cannot be read or written.
    """

    def engine(
        store: ObjectStore, order: Order, index: Index, bases: Mapping[int, Basis], days: Sequence[int]
    ) -> Iterator[Record]:
        for day, own in split(order.usecase, rows, days):
            yield part.write(store, order, own, day=day, part=0, basis=bases[day])

    return int(build(store, order, engine=engine, report=report).manifest["rows"])
