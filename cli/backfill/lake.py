"""History into the lake: events in Parquet by the hour, labels as JSON lines by the day they were given."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cli.backfill.history import History
from headrace.usecase import FieldType, UseCase
from lambdas.shared.stream import NO_MARK
from pipelines.training_set import ObjectStore
from pipelines.training_set.days import DAY_S, iso
from pipelines.training_set.index import Summary

SHARD = "backfill"
HOUR_S = 3_600
WRITERS = 8
_MOMENT = pa.timestamp("ms")
_TYPES: dict[FieldType, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": _MOMENT,
}


def event_days(history: History) -> Iterator[tuple[int, pd.DataFrame]]:
    """The events of each day since the epoch that has any, ascending."""
    days = history.events[history.usecase.event.timestamp] // DAY_S
    return ((int(str(day)), rows) for day, rows in history.events.groupby(days, sort=True))


def label_days(history: History) -> Iterator[tuple[int, pd.DataFrame]]:
    """The labels of each day on which any was given, ascending."""
    days = history.labels["labelled_at"] // DAY_S
    return ((int(str(day)), rows) for day, rows in history.labels.groupby(days, sort=True))


def write_events(store: ObjectStore, usecase: UseCase, day: int, events: pd.DataFrame) -> list[Summary]:
    """Write one day's events, one object per hour, as the delivery would have; returns what each holds."""

    def write(hour: int, rows: pd.DataFrame) -> Summary:
        key = f"events/dt={iso(day)}/hh={hour:02d}/{SHARD}.parquet"
        stored = store.write(key, _parquet(usecase, rows))
        return Summary(stored.key, stored.size, stored.etag, {day: len(rows)})

    hours = events[usecase.event.timestamp] // HOUR_S % 24
    groups = [(int(str(hour)), rows) for hour, rows in events.groupby(hours, sort=True)]
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(lambda it: write(*it), groups))


def write_labels(store: ObjectStore, usecase: UseCase, day: int, labels: pd.DataFrame) -> Summary:
    """Write the labels given on one day, as the ground-truth function would have; returns what the object holds."""
    shape = usecase.event
    lines = labels.assign(shard_id=SHARD, sequence_number=NO_MARK, arrived_at=labels["labelled_at"])
    for name in (shape.timestamp, "labelled_at", "arrived_at"):
        lines[name] = pd.to_datetime(lines[name], unit="s").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    body = lines.to_json(orient="records", lines=True).encode()
    stored = store.write(f"labels/dt={iso(day)}/{SHARD}.jsonl", body)
    of_days = (labels[shape.timestamp] // DAY_S).value_counts().sort_index()
    counts = {int(held): int(count) for held, count in zip(of_days.index, of_days, strict=True)}
    first, last = (int(it) * 1_000 for it in (labels["labelled_at"].min(), labels["labelled_at"].max()))
    return Summary(stored.key, stored.size, stored.etag, counts, first, last)


def _parquet(usecase: UseCase, events: pd.DataFrame) -> bytes:
    """Events in the columns of the Glue table: without the fields that are removed on their way, hashed ones empty."""
    fields = [it for it in usecase.event.fields if it.privacy != "remove"]
    schema = pa.schema([(it.name, _TYPES[it.type]) for it in fields])
    moments = {it.name: _moments(events[it.name]) for it in fields if it.type == "timestamp" and it.name in events}
    hashed = [it.name for it in fields if it.privacy == "hash"]
    rows = events.drop(columns=hashed, errors="ignore").reindex(columns=schema.names).assign(**moments)
    table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False).replace_schema_metadata(None)
    for name, value in (("shard_id", SHARD), ("sequence_number", NO_MARK)):
        table = table.append_column(name, pa.array([value] * len(rows), pa.string()))
    table = table.append_column("arrived_at", table.column(usecase.event.timestamp))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="snappy")
    return buffer.getvalue()


def _moments(seconds: pd.Series) -> pd.Series:
    return pd.to_datetime(seconds, unit="s").dt.as_unit("ms")
