"""The events and labels of a stretch of days, read from the lake once and carried on to the next stretch."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from headrace.usecase import UseCase
from pipelines.training_set import columns, records
from pipelines.training_set.columns import ARRIVED, LABELLED_AT, ORIGIN
from pipelines.training_set.days import DAY_S
from pipelines.training_set.index import Index, holding
from pipelines.training_set.objects import ObjectStore
from pipelines.training_set.order import Order


class Events:
    """The events of a moving range of days. It holds the days of the last call and reads what the next one adds."""

    def __init__(self, store: ObjectStore, order: Order, index: Index) -> None:
        self._store, self._order, self._index = store, order, index
        self._days: dict[int, pa.Table] = {}

    def over(self, first: int, last: int) -> pd.DataFrame:
        """The events of the days [first, last], each once, by time, id and arrival; copies dropped where asked."""
        case = self._order.usecase
        begin = first - int(case.event.drop_duplicates)
        self._days = {day: table for day, table in self._days.items() if begin <= day <= last}
        missing = [day for day in range(begin, last + 1) if day not in self._days]
        if missing:
            self._read(missing)
        whole = pa.concat_tables([self._days[day] for day in range(begin, last + 1)])
        table = columns.frame(whole)
        return without_copies(case, table, first) if case.event.drop_duplicates else table

    def _read(self, days: list[int]) -> None:
        wanted = set(days)
        found: dict[int, list[pa.Table]] = {day: [] for day in days}
        for it in holding(self._index.events, days[0], days[-1]):
            if wanted.isdisjoint(it.days):
                continue
            table = records.read_events(self._store, it.key, self._order.usecase)
            for day in wanted & it.days.keys():
                found[day].append(_of_day(table, self._order.usecase.event.timestamp, day))
        for day, tables in found.items():
            schema = columns.event_schema(self._order.usecase)
            self._days[day] = each_once(self._order.usecase, pa.concat_tables([schema.empty_table(), *tables]))


def each_once(usecase: UseCase, table: pa.Table) -> pa.Table:
    """The records of one day, each once, by time, id and arrival; without the columns that tell copies apart."""
    shape = usecase.event
    by = [(name, "ascending") for name in (shape.timestamp, shape.id, ARRIVED, ORIGIN)]
    table = table.take(pc.sort_indices(table, sort_keys=by))
    again = pd.Series(table.column(ORIGIN).to_pandas()).duplicated().to_numpy()
    table = table.drop_columns([ORIGIN, ARRIVED])
    return (table.filter(pa.array(~again)) if again.any() else table).combine_chunks()


def without_copies(usecase: UseCase, events: pd.DataFrame, first: int) -> pd.DataFrame:
    """The events from a day on, without those whose id the same primary entity sent before: that day or the day before.

    A stream knows an entity's newest ids only, so a copy that comes later than that is an event of its own there too.
    """
    shape = usecase.event
    day = events[shape.timestamp] // DAY_S
    before = day.groupby([events[usecase.primary.key], events[shape.id]], sort=False).shift()
    return events[~(before >= day - 1) & (day >= first)]


class Labels:
    """The labels of any days, as far as the platform knew them in time."""

    def __init__(self, store: ObjectStore, order: Order, index: Index) -> None:
        self._store, self._order = store, order
        self._objects = [it for it in index.labels if it.first_ms < order.labels_until * 1_000]

    def over(self, first: int, last: int) -> pd.DataFrame:
        """Every version of the labels of events of the days [first, last]; see ``label_schema``."""
        tables = [columns.label_schema(self._order.usecase).empty_table(), *self._read(first, last)]
        return columns.frame(pa.concat_tables(tables))

    def _read(self, first: int, last: int) -> Iterator[pa.Table]:
        name = self._order.usecase.event.timestamp
        for it in holding(self._objects, first, last):
            table = records.read_labels(self._store, it.key, self._order.usecase)
            times, known = table.column(name), pc.less(table.column(ARRIVED), self._order.labels_until * 1_000)
            inside = pc.and_(pc.greater_equal(times, first * DAY_S), pc.less(times, (last + 1) * DAY_S))
            yield table.filter(pc.and_(inside, known))


def effective(usecase: UseCase, labels: pd.DataFrame) -> pd.DataFrame:
    """Labels as label windows may see them: ``labelled_at`` becomes the second from which the platform knew a version.

    A version that came after one that outranks it (given later) never counted, and is left out; of the others the
    one known last is then also the one given last.
    """
    shape = usecase.event
    known = -(-labels[ARRIVED] // 1_000)
    if (known == labels[LABELLED_AT]).all():
        return labels
    same = [shape.id, *(it.key for it in usecase.entities)]
    rank = labels.groupby([LABELLED_AT, shape.timestamp, usecase.label.field], sort=True).ngroup()
    table = labels.assign(**{LABELLED_AT: known, "_rank": rank}).sort_values([LABELLED_AT, "_rank"], kind="stable")
    table = table[table["_rank"] == table.groupby(same, sort=False)["_rank"].cummax()]
    return table.drop_duplicates([*same, LABELLED_AT], keep="last").drop(columns="_rank")


def _of_day(table: pa.Table, name: str, day: int) -> pa.Table:
    times = table.column(name)
    return table.filter(pc.and_(pc.greater_equal(times, day * DAY_S), pc.less(times, (day + 1) * DAY_S)))


def split(usecase: UseCase, frame: pd.DataFrame, days: Iterable[int]) -> Iterator[tuple[int, pd.DataFrame]]:
    """A frame in time's order, day by day."""
    times = frame[usecase.event.timestamp].to_numpy()
    for day in days:
        first, last = np.searchsorted(times, [day * DAY_S, (day + 1) * DAY_S])
        yield day, frame.iloc[first:last]
