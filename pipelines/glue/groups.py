"""Groups of entities and days, each computed by the columnar kernel in one worker."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from pyspark.sql import DataFrame, GroupedData
from pyspark.sql import functions as F

from headrace.usecase import Entity, UseCase, WindowFeature
from headrace.windows_columnar import per_entity_features
from pipelines.glue import lake_frames
from pipelines.glue.lake_frames import DAY
from pipelines.glue.wire import packed
from pipelines.training_set.columns import ARRIVED, ORIGIN
from pipelines.training_set.days import DAY_S
from pipelines.training_set.history import effective
from pipelines.training_set.machine import counting_copies
from pipelines.training_set.order import Order

_FIRST, _LAST, _BUCKET = "_first", "_last", "_bucket"
Key = tuple[int, int, int]


def own_windows(usecase: UseCase, entity: Entity) -> list[WindowFeature]:
    """The window features of an entity kind, in the order in which they are packed."""
    return [it for it in usecase.window_features if it.entity == entity.name]


def packed_column(entity: Entity) -> str:
    """The column that holds an entity kind's packed features."""
    return f"_of_{entity.name}"


class Stretch(NamedTuple):
    """Days without a gap, both inclusive."""

    first: int
    last: int


class Groups:
    """How the rows of some stretches are put together."""

    def __init__(self, order: Order, stretches: Sequence[Stretch], *, buckets: int) -> None:
        self._order, self._stretches, self._buckets = order, stretches, buckets

    def evaluated(self, events: DataFrame) -> DataFrame:
        """The events whose features are wanted."""
        return self._in_stretches(events, back=0).drop(_FIRST, _LAST)

    def features(self, entity: Entity, events: DataFrame, labels: DataFrame) -> DataFrame:
        """The window features of one entity kind, packed, with the origin of the event they are of."""
        order, case = self._order, counting_copies(self._order.usecase)
        own = own_windows(case, entity)
        names = [it.name for it in own]
        wire, shape = lake_frames.event_wire(case), case.event
        fields = {it.over for it in own if it.source == "events" and it.over in events.columns}
        needed = dict.fromkeys(
            (ORIGIN, ARRIVED, DAY, shape.id, shape.timestamp, entity.key, *sorted(filter(None, fields)))
        )
        by = [shape.timestamp, shape.id, ARRIVED, ORIGIN]
        ddl = f"{ORIGIN} string, {packed_column(entity)} binary"

        def on_both(key: Key, group: pd.DataFrame, known: pd.DataFrame | None) -> pd.DataFrame:
            ordered = wire.receive(group.sort_values(by, kind="stable", ignore_index=True))
            counted = None if known is None else effective(case, known)
            since, until = int(key[0]) * DAY_S, (int(key[1]) + 1) * DAY_S  # numpy's numbers
            found = per_entity_features(case, entity.name, ordered, counted, row=ORIGIN, since=since, until=until)
            return pd.DataFrame({ORIGIN: found[ORIGIN], packed_column(entity): packed(found, names)})

        def on_events(key: Key, group: pd.DataFrame) -> pd.DataFrame:
            return on_both(key, group, None)

        grouped = self._grouped(events.select(*needed), entity, back=order.events_back)
        if not any(it.source == "labels" for it in own):
            return grouped.applyInPandas(on_events, ddl)
        truths = self._grouped(labels, entity, back=order.labels_back)
        return grouped.cogroup(truths).applyInPandas(on_both, ddl)

    def _grouped(self, rows: DataFrame, entity: Entity, *, back: int) -> GroupedData:
        bucket = F.pmod(F.xxhash64(entity.key), F.lit(self._buckets))
        return self._in_stretches(rows, back=back).withColumn(_BUCKET, bucket).groupBy(_FIRST, _LAST, _BUCKET)

    def _in_stretches(self, rows: DataFrame, *, back: int) -> DataFrame:
        """Every row once per stretch that looks at it, ``back`` days before the stretch's first."""
        days = rows.sparkSession.createDataFrame(self._stretches, f"{_FIRST} long, {_LAST} long")
        looked_at = (F.col(DAY) >= F.col(_FIRST) - back) & (F.col(DAY) <= F.col(_LAST))
        return rows.join(F.broadcast(days), looked_at)
