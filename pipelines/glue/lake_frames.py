"""The lake as Spark frames: every object read by the worker that gets its key, with the reader that one machine uses.

So mixed column types, INT96 times and decimals are understood alike, and nothing depends on Spark's reader settings.
"""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from headrace.usecase import UseCase
from pipelines.glue.wire import Wire
from pipelines.training_set import columns, records
from pipelines.training_set.columns import ARRIVED, ORIGIN
from pipelines.training_set.days import DAY_S
from pipelines.training_set.index import Summary
from pipelines.training_set.objects import ObjectStore
from pipelines.training_set.order import Order

DAY = "_day"
BYTES_PER_TASK = 32 << 20


def event_wire(usecase: UseCase) -> Wire:
    """How events travel."""
    schema = columns.event_schema(usecase).append(pa.field(DAY, pa.int64()))
    optional = {it.name for it in usecase.event.fields if it.type in ("integer", "timestamp") and not it.required}
    return Wire(schema, whole=frozenset(optional & set(schema.names)))


def label_wire(usecase: UseCase) -> Wire:
    """How labels travel."""
    return Wire(columns.label_schema(usecase).append(pa.field(DAY, pa.int64())), whole=frozenset())


def events(session: SparkSession, store: ObjectStore, order: Order, objects: Sequence[Summary]) -> DataFrame:
    """The events of objects, each record once; copies dropped where the use case asks for it."""
    case = order.usecase
    wire = event_wire(case)

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for key in _keys(batches):
            yield from wire.send(_with_day(records.read_events(store, key, case), case))

    found = _distributed(session, objects).mapInArrow(read, wire.ddl)
    first = F.row_number().over(Window.partitionBy(ORIGIN).orderBy(ARRIVED))
    found = found.withColumn("_copy", first).where("_copy = 1").drop("_copy")
    return _without_copies(case, found) if case.event.drop_duplicates else found


def labels(session: SparkSession, store: ObjectStore, order: Order, objects: Sequence[Summary]) -> DataFrame:
    """The versions of labels in objects, as far as the platform knew them in time."""
    case = order.usecase
    wire, cut = label_wire(case), order.labels_until * 1_000

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for key in _keys(batches):
            table = records.read_labels(store, key, case)
            yield from wire.send(_with_day(table.filter(pc.less(table.column(ARRIVED), cut)), case))

    return _distributed(session, objects).mapInArrow(read, wire.ddl)


def _distributed(session: SparkSession, objects: Sequence[Summary]) -> DataFrame:
    """The keys, spread over tasks."""
    cores = session.sparkContext.defaultParallelism
    tasks = max(1, min(len(objects), max(2 * cores, sum(it.size for it in objects) // BYTES_PER_TASK)))
    return session.createDataFrame([(it.key,) for it in objects], "key string").repartition(tasks)


def _keys(batches: Iterable[pa.RecordBatch]) -> Iterator[str]:
    return (key for batch in batches for key in batch.column(0).to_pylist())


def _with_day(table: pa.Table, usecase: UseCase) -> pa.Table:
    return table.append_column(DAY, pc.divide(table.column(usecase.event.timestamp), DAY_S))


def _without_copies(usecase: UseCase, found: DataFrame) -> DataFrame:
    """See ``history.without_copies``."""
    shape = usecase.event
    same = Window.partitionBy(usecase.primary.key, shape.id).orderBy(shape.timestamp, ARRIVED, ORIGIN)
    before = F.lag(DAY).over(same)
    return found.withColumn("_before", before).where(f"_before is null or _before < {DAY} - 1").drop("_before")
