"""What a thousand events cost in DynamoDB's request units, counted on the requests that the adapters really send.

A strongly consistent read costs one unit per 4 KB begun, also if there is no item; a write one unit per KB begun (AWS,
"DynamoDB read and write operations"). Binary values count raw, numbers about half a byte per digit.
"""

import contextlib
import io
import math
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

from bench.comparison import Comparison, Effort
from bench.enrichment import context
from bench.stream_world import BATCH, USECASE, MemoryBucket, MemoryGroups, MemoryLog, World, world
from headrace.features import FeatureSet
from lambdas.enrichment import adapters
from lambdas.enrichment.handler import handler
from lambdas.enrichment.logic import Enrichment
from lambdas.enrichment.settings import Settings
from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter

BATCHES = 8
READ_BYTES = 4_096
WRITE_BYTES = 1_024
Item = dict[str, dict[str, Any]]


@dataclass
class MeteredTable:
    """A DynamoDB client over one table in memory that adds up units."""

    items: dict[str, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    read_units: int = 0
    write_units: int = 0

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        """Read items by key."""
        ((name, wanted),) = RequestItems.items()
        found = [self.items[key["entity"]["S"]].get(key["source"]["S"], {}) for key in wanted["Keys"]]
        self.read_units += sum(units(item, READ_BYTES) for item in found)
        return {"Responses": {name: [item for item in found if item]}}

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:
        """Insert or update items."""
        for statement in Statements:
            state, mark, folded, expires_at, entity, source, *_ = statement["Parameters"]
            self.put_item(
                TableName="",
                Item={
                    "entity": entity,
                    "source": source,
                    "state": state,
                    "mark": mark,
                    "folded": folded,
                    "expires_at": expires_at,
                },
            )
        return {"Responses": [{} for _ in Statements]}

    def put_item(self, *, TableName: str, Item: Item) -> None:
        """Write one item."""
        held = self.items[Item["entity"]["S"]].get(Item["source"]["S"], {})
        self.write_units += max(units(held, WRITE_BYTES), units(Item, WRITE_BYTES))
        self.items[Item["entity"]["S"]][Item["source"]["S"]] = Item

    def get_paginator(self, operation: str) -> "MeteredTable":
        """The paginator of ``query``."""
        return self

    def paginate(self, *, ExpressionAttributeValues: dict[str, Any], **_: object) -> list[dict[str, Any]]:
        """One page: everything under a partition key."""
        found = list(self.items[ExpressionAttributeValues[":entity"]["S"]].values())
        self.read_units += max(1, math.ceil(sum(size(item) for item in found) / READ_BYTES))
        return [{"Items": found}]


def size(item: Item) -> int:
    """An item's bytes as DynamoDB counts them."""
    total = 0
    for name, ((kind, value),) in ((name, tuple(typed.items())) for name, typed in item.items()):
        total += len(name) + (math.ceil(len(value) / 2) + 1 if kind == "N" else len(value))
    return total


def units(item: Item, unit_bytes: int) -> int:
    """Units of one request for this item; nothing costs one."""
    return max(1, math.ceil(size(item) / unit_bytes))


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark: cold keys (nearly every event another entity), then hot ones."""
    for label, hot in (("cold keys", False), ("hot keys", True)):
        it = world(batches=effort.of(BATCHES), hot=hot)
        table = _filled(it)
        reads, writes = _one_by_one(it, table)
        _run(it, table)
        per_thousand = 1_000 / (len(it.batches) * BATCH)
        for what, ours, other in (("read", table.read_units, reads), ("write", table.write_units, writes)):
            yield Comparison(
                name=f"DynamoDB {what} units, {label}",
                ours=ours * per_thousand,
                other=other * per_thousand,
                other_name=f"the same items, one {what} per event and entity",
                unit="units per 1,000 events",
                less_is_better=True,
            )


def _filled(it: World) -> MeteredTable:
    table = MeteredTable()
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
            reads += max(1, math.ceil(sum(size(item) for item in items) / READ_BYTES))
            writes += max(units(item, WRITE_BYTES) for item in items if not item or "events" in item["source"]["S"])
    return reads, writes


def _run(it: World, table: MeteredTable) -> None:
    client = cast(Any, table)
    with ThreadPoolExecutor(1) as executor:
        function = Enrichment(
            features=FeatureSet(it.usecase),
            reader=StateReader(client, "t", usecase=it.usecase, executor=executor),
            writer=StateWriter(client, "t", executor=executor),
            log=MemoryLog(),
            quarantine=MemoryBucket(),
            scorer=None,
            snapshots=MemoryGroups(),
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
