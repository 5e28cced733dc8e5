"""The records that went into window state, as the lake keeps them: by entity, key and shard, in the shard's order."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.errors import RejectedError
from headrace.schema import LabelRecord, Value, coerce_label, parse_timestamp
from headrace.usecase import UseCase
from lambdas.shared.stream import MARK_DIGITS, NO_MARK
from pipelines.training_set import LakeError, ObjectStore, columns, records

BACKFILL = "backfill"
"""What history has in place of a shard."""
SHARD, MARK, ARRIVED = "_shard", "_mark", columns.ARRIVED
READERS = 8
_PLACE = len("dt=YYYY-MM-DD")


class Row(NamedTuple):
    """One record: an event as ``coerce_event`` returns it, or a label. ``arrived_at`` is epoch seconds."""

    mark: str
    arrived_at: float
    record: Mapping[str, Value] | LabelRecord


Group = tuple[str, str]
"""An entity's key, and a shard or ``backfill``."""


class Rows:
    """The rows of one entity's keys and shards, made when they are asked for."""

    def __init__(self, table: pa.Table, key: str, usecase: UseCase, of: Callable[[dict[str, Any]], Any]) -> None:
        """Sort records by key, shard and place in the shard.

        Args:
            table: records with ``SHARD``, ``MARK`` and ``ARRIVED``, as ``event_table`` and ``label_table`` give them.
            key: the entity's key column.
            usecase: whose records.
            of: makes a record of a row.
        """
        shape = usecase.event
        order = [(name, "ascending") for name in dict.fromkeys((key, SHARD, MARK, shape.timestamp, shape.id))]
        self._table = table.take(pc.sort_indices(table, sort_keys=order)) if table.num_rows else table
        self._of = of
        self._groups = dict(_runs(self._table, key))

    def groups(self) -> Iterator[Group]:
        """Every key and shard that has rows."""
        return iter(self._groups)

    def of(self, group: Group) -> list[Row]:
        """The rows of a group in the order of its shard, each place once; of history in the order of time and id."""
        first, last = self._groups.get(group, (0, 0))
        found: list[Row] = []
        for row in self._table.slice(first, last - first).to_pylist():
            mark, arrived_ms = row.pop(MARK), row.pop(ARRIVED)
            if mark == NO_MARK or not found or found[-1].mark != mark:
                found.append(Row(mark, arrived_ms / 1_000, self._of(row)))
        return found


def event_table(store: ObjectStore, usecase: UseCase, *, first_day: str) -> pa.Table:
    """The lake's events that arrived on ``first_day`` (``YYYY-MM-DD``) or later, in what features look at.

    Raises:
        LakeError: if an object cannot be read; names it.
    """
    schema = columns.event_schema(usecase)
    tables = _read(store, "events/", ".parquet", first_day, lambda key: records.read_events(store, key, usecase))
    table = pa.concat_tables([schema.empty_table(), *tables])
    places = pc.split_pattern(table.column(columns.ORIGIN), "/", max_splits=1)
    shards, sequences = pc.list_element(places, 0), pc.list_element(places, 1)
    streamed = pc.not_equal(shards, "")
    padded = pc.utf8_lpad(sequences, MARK_DIGITS, "0")
    table = table.drop_columns([columns.ORIGIN])
    table = table.append_column(SHARD, pc.if_else(streamed, shards, BACKFILL))
    return table.append_column(MARK, pc.if_else(streamed, padded, NO_MARK))


def label_table(store: ObjectStore, usecase: UseCase, *, first_day: str) -> pa.Table:
    """The lake's labels that arrived on ``first_day`` or later. Raises as ``event_table`` does."""
    texts = [usecase.event.id, *dict.fromkeys(entity.key for entity in usecase.entities), SHARD, MARK]
    numbers = [usecase.event.timestamp, usecase.label.field, "labelled_at", ARRIVED]
    schema = pa.schema([*((name, pa.string()) for name in texts), *((name, pa.int64()) for name in numbers)])
    tables = _read(store, "labels/", ".jsonl", first_day, lambda key: _labels(store, key, usecase, schema))
    return pa.concat_tables([schema.empty_table(), *tables])


def label_of(usecase: UseCase) -> Callable[[dict[str, Any]], LabelRecord]:
    """Makes a label of a row of ``label_table``."""
    shape, keys = usecase.event, {entity.name: entity.key for entity in usecase.entities}
    return lambda row: LabelRecord(
        row[shape.id],
        row[shape.timestamp],
        {name: row[key] for name, key in keys.items()},
        row[usecase.label.field],
        row["labelled_at"],
    )


def newest_arrivals(table: pa.Table) -> dict[str, float]:
    """Per shard when the last of its records in the lake arrived, in epoch seconds."""
    newest = table.group_by(SHARD).aggregate([(ARRIVED, "max")])
    return {row[SHARD]: row[f"{ARRIVED}_max"] / 1_000 for row in newest.to_pylist() if row[SHARD] != BACKFILL}


def _read(
    store: ObjectStore, folder: str, ending: str, first_day: str, read: Callable[[str], pa.Table]
) -> Iterator[pa.Table]:
    """The tables of a folder's objects from a partition on."""
    keys = [
        it.key
        for it in store.objects(folder)
        if it.size and it.key.endswith(ending) and it.key[len(folder) :][:_PLACE] >= f"dt={first_day}"
    ]
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(read, keys)


def _labels(store: ObjectStore, key: str, usecase: UseCase, schema: pa.Schema) -> pa.Table:
    with store.open(key) as stream:
        lines = stream.read().splitlines()
    try:
        return pa.Table.from_pylist([_label(json.loads(line), usecase) for line in lines if line.strip()], schema)
    except (ValueError, KeyError, TypeError, RejectedError) as exc:
        raise LakeError(f"{key} is not labels as JSON lines: {exc}; mend it or take it out of the lake") from exc


def _label(raw: dict[str, Any], usecase: UseCase) -> dict[str, Any]:
    shape, label = usecase.event, coerce_label(usecase, raw)
    streamed = raw["shard_id"] != BACKFILL
    return {
        shape.id: label.event_id,
        shape.timestamp: label.timestamp,
        **{entity.key: label.keys[entity.name] for entity in usecase.entities},
        usecase.label.field: label.value,
        "labelled_at": label.labelled_at,
        SHARD: raw["shard_id"],
        MARK: raw["sequence_number"].zfill(MARK_DIGITS) if streamed else NO_MARK,
        ARRIVED: parse_timestamp(raw["arrived_at"], field="arrived_at") * 1_000,
    }


def _runs(table: pa.Table, key: str) -> Iterator[tuple[Group, tuple[int, int]]]:
    """Each run of equal key and shard, with where it begins and ends."""
    if not table.num_rows:
        return
    keys, shards = (table.column(name).combine_chunks().dictionary_encode() for name in (key, SHARD))
    codes = np.stack([it.indices.to_numpy() for it in (keys, shards)])
    changed = np.flatnonzero((codes[:, 1:] != codes[:, :-1]).any(axis=0)) + 1
    firsts = [0, *changed.tolist()]
    for first, last in zip(firsts, [*firsts[1:], table.num_rows], strict=True):
        yield (str(table.column(key)[first]), str(table.column(SHARD)[first])), (first, last)
