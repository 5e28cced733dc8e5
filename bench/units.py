"""What a thousand events cost in request units of DynamoDB and the Feature Store, on what the adapters really send."""

import contextlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast
from unittest import mock

from bench.comparison import Comparison, Effort
from bench.enrichment import context
from bench.metered import READ_BYTES, WRITE_BYTES, Item, MeteredGroups, MeteredTable, size, units
from bench.stream_world import USECASE, MemoryBucket, MemoryLog, World, world
from headrace.features import FeatureSet
from lambdas.enrichment import adapters
from lambdas.enrichment.feature_store import FeatureStore
from lambdas.enrichment.handler import handler
from lambdas.enrichment.logic import Enrichment
from lambdas.enrichment.settings import Settings
from lambdas.shared.state_reader import REGISTER, StateReader
from lambdas.shared.state_writer import StateWriter, register_entry

BATCHES = 8
WEEK_BATCHES = 112
"""A week of events, as long as the use case's snapshots are apart: their first day alone costs more than the others."""
EVERY_EVENT = "1s"
"""The cadence at which no two of an entity's events share a period: a record per event and group."""


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark: cold keys (nearly every event another entity), then hot ones."""
    for label, hot in (("cold keys", False), ("hot keys", True)):
        yield from _table_units(world(batches=effort.of(BATCHES), hot=hot), label)
        yield _feature_store_units(world(batches=effort.of(WEEK_BATCHES), hot=hot), label)


def _table_units(it: World, label: str) -> Iterator[Comparison]:
    table = _filled(it)
    reads, writes = _one_by_one(it, table)
    _run(it, table, MeteredGroups())
    for what, ours, other in (("read", table.read_units, reads), ("write", table.write_units, writes)):
        yield _per_thousand(
            it, f"DynamoDB {what} units, {label}", ours, other, f"the same items, one {what} per event and entity"
        )


def _feature_store_units(it: World, label: str) -> Comparison:
    ours, other = MeteredGroups(), MeteredGroups()
    _run(it, _filled(it), ours)
    entities = tuple(replace(entity, snapshot=EVERY_EVENT) for entity in it.usecase.entities)
    often = replace(it, usecase=replace(it.usecase, entities=entities))
    _run(often, _filled(often), other)
    name = f"Feature Store write units, {label}"
    return _per_thousand(it, name, ours.write_units, other.write_units, "one PutRecord per event and group")


def _per_thousand(it: World, name: str, ours: int, other: int, other_name: str) -> Comparison:
    share = 1_000 / sum(map(len, it.events))
    return Comparison(
        name=name,
        ours=ours * share,
        other=other * share,
        other_name=other_name,
        unit="units per 1,000 events",
        less_is_better=True,
    )


def _filled(it: World) -> MeteredTable:
    table = MeteredTable()
    for source in {source for states in it.states.values() for source in states}:
        table.items[REGISTER][source] = cast(Item, register_entry(source, 1_767_225_600))
    for key, states in it.states.items():
        for stored in states.values():
            table.items[key.id][stored.source] = {
                "entity": {"S": key.id},
                "source": {"S": stored.source},
                "state": {"B": stored.data},
                "mark": {"S": stored.mark},
                "folded": {"N": str(stored.folded)},
                "expires_at": {"N": "1767225600"},
            }
    return table


def _one_by_one(it: World, table: MeteredTable) -> tuple[int, int]:
    """Units if every event read all items of its entities, and wrote one item of each, by itself."""
    reads = writes = 0
    for event in (event for batch in it.events for event in batch):
        for entity in it.usecase.entities:
            items = list(table.items[f"{entity.name}#{event[entity.key]}"].values()) or [{}]
            reads += max(1, -(-sum(size(item) for item in items) // READ_BYTES))
            writes += max(units(item, WRITE_BYTES) for item in items if not item or "events" in item["source"]["S"])
    return reads, writes


def _run(it: World, table: MeteredTable, groups: MeteredGroups) -> None:
    client, names = cast(Any, table), {entity.name: entity.name for entity in it.usecase.entities}
    with ThreadPoolExecutor(1) as executor:
        function = Enrichment(
            features=FeatureSet(it.usecase),
            reader=StateReader(client, "t", usecase=it.usecase, executor=executor),
            writer=StateWriter(client, "t", executor=executor),
            log=MemoryLog(),
            quarantine=MemoryBucket(),
            scorer=None,
            snapshots=FeatureStore(cast(Any, groups), names, usecase=it.usecase, executor=executor),
        )
        settings = Settings(
            usecase=USECASE, stage="bench", state_table="t", feature_delivery_stream="d", quarantine_bucket="b"
        )
        with (
            mock.patch.object(adapters, "connect", lambda: function),
            mock.patch.object(adapters, "settings", lambda: settings),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            for batch in it.batches:
                handler(batch, context())
