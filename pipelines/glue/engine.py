"""The engine for Spark: every entity's windows by groups of entities and days, joined row by row, written by date.

A group holds the entities of one bucket in one stretch of days and what their windows reach back to; so history may
grow without end. What must fit into one worker is twice the longest window of the busiest single entity, and the rows
of one file; the number of files per day is the order's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headrace.training_columns import LABEL
from headrace.usecase import Entity
from headrace.windows_columnar import assembled
from pipelines.glue import lake_frames
from pipelines.glue.groups import Groups, Stretch, own_windows, packed_column
from pipelines.glue.lake_frames import DAY
from pipelines.glue.wire import unpacked
from pipelines.training_set import part
from pipelines.training_set.columns import ARRIVED, LABELLED_AT, ORIGIN
from pipelines.training_set.days import stretches
from pipelines.training_set.index import Index, Summary, holding
from pipelines.training_set.objects import ObjectStore
from pipelines.training_set.order import Order
from pipelines.training_set.record import Basis, Record

STRETCHES_PER_ACTION = 16
"""So many stretches are one Spark action: what a killed run has to do again at most."""
ROWS_PER_GROUP = 250_000
PART = "_part"


class SparkEngine:
    """Computes days on a session; see ``build.Engine``."""

    def __init__(self, session: SparkSession) -> None:
        session.conf.set("spark.sql.session.timeZone", "UTC")
        self._session = session

    def __call__(
        self, store: ObjectStore, order: Order, index: Index, bases: Mapping[int, Basis], days: Sequence[int]
    ) -> Iterator[Record]:
        """Compute and write days, some stretches at a time."""
        every = [Stretch(*it) for it in stretches(days, longest=order.stretch_days)]
        for begin in range(0, len(every), STRETCHES_PER_ACTION):
            some = every[begin : begin + STRETCHES_PER_ACTION]
            yield from self._compute(store, order, index, bases, some)

    def _compute(
        self, store: ObjectStore, order: Order, index: Index, bases: Mapping[int, Basis], some: Sequence[Stretch]
    ) -> Iterator[Record]:
        begin = some[0].first - order.events_back - int(order.usecase.event.drop_duplicates)
        objects = list(holding(index.events, begin, some[-1].last))
        known = [it for it in index.labels if it.first_ms < order.labels_until * 1_000]
        known = list(holding(known, some[0].first - order.labels_back, some[-1].last))
        events = lake_frames.events(self._session, store, order, objects).persist()
        labels = lake_frames.labels(self._session, store, order, known).persist()
        try:
            groups = Groups(order, some, buckets=self._buckets(order, objects, some))
            rows = _with_truth(order, groups.evaluated(events), labels)
            for entity in _windowed(order):
                rows = rows.join(groups.features(entity, events, labels), ORIGIN)
            found = _written(store, order, bases, rows).collect()
        finally:
            events.unpersist()
            labels.unpersist()
        for row in found:
            document = json.loads(row["record"])
            yield Record(**{**document, "basis": Basis(**document["basis"])})

    def _buckets(self, order: Order, objects: Sequence[Summary], some: Sequence[Stretch]) -> int:
        """Enough groups for every core, none with more rows than is good for it."""
        rows = max(
            sum(
                count
                for it in objects
                for day, count in it.days.items()
                if own.first - order.events_back <= day <= own.last
            )
            for own in some
        )
        cores: int = self._session.sparkContext.defaultParallelism
        return max(1, -(-rows // ROWS_PER_GROUP), -(-2 * cores // len(some)))


def _windowed(order: Order) -> list[Entity]:
    """The entities that any window belongs to."""
    return [it for it in order.usecase.entities if own_windows(order.usecase, it)]


def _with_truth(order: Order, rows: DataFrame, labels: DataFrame) -> DataFrame:
    """The rows with a label: of the versions of an event's id on that day the one given last."""
    shape, label = order.usecase.event, order.usecase.label.field
    last = F.max(F.struct(LABELLED_AT, shape.timestamp, label))[label].cast("byte")
    return rows.join(labels.groupBy(shape.id, DAY).agg(last.alias(LABEL)), [shape.id, DAY])


def _written(store: ObjectStore, order: Order, bases: Mapping[int, Basis], rows: DataFrame) -> DataFrame:
    """Every file's record, as JSON; the workers write the files."""
    case = order.usecase
    wire = lake_frames.event_wire(case)
    by = [case.event.timestamp, case.event.id, ARRIVED, ORIGIN]

    def write(key: tuple[int, int], group: pd.DataFrame) -> pd.DataFrame:
        day, number = (int(it) for it in key)  # numpy's numbers
        ordered = wire.receive(group.sort_values(by, kind="stable", ignore_index=True))
        windows = [
            unpacked(ordered[packed_column(it)], [own.name for own in own_windows(case, it)]) for it in _windowed(order)
        ]
        complete = assembled(case, pd.concat([ordered, *windows], axis="columns")).assign(**{LABEL: ordered[LABEL]})
        written = part.write(store, order, complete, day=day, part=number, basis=bases[day])
        return pd.DataFrame({"record": [json.dumps(asdict(written))]})

    numbered = rows.withColumn(PART, F.crc32(F.col(case.event.id)) % order.parts)
    return numbered.groupBy(DAY, PART).applyInPandas(write, "record string")
