"""A running platform for the stream benchmarks: stored states of forty days, and the batches that come next."""

import base64
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import simulators
import usecases
from headrace.usecase import UseCase
from headrace.windows_columnar import entity_states
from lambdas.enrichment.folding import Snapshot
from lambdas.shared.stream import MARK_DIGITS
from lambdas.shared.window_state import EntityKey, StateWrite, StoredState, source_of

USECASE = "fraud"
START = 1_767_225_600
HISTORY_DAYS = 40
PER_DAY = 8_000
BATCH = 500
SHARD = "shardId-000000000000"
_HISTORY_MARK = "49590".zfill(MARK_DIGITS)
_FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898


@dataclass
class MemoryTable:
    """The window-state table in memory, as reader and writer.

    Attributes:
        history: the items of each entity before the first batch; left as they are, so many tables may share them.
        changed: the items of each entity that was written.
    """

    history: Mapping[EntityKey, Mapping[str, StoredState]]
    changed: dict[EntityKey, dict[str, StoredState]] = field(default_factory=dict)

    def read(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Sequence[StoredState]]:
        """Every stored state of each entity."""
        changed, history = self.changed.get, self.history.get
        return {key: list(items.values()) for key in keys if (items := changed(key) or history(key))}

    def write(self, writes: Sequence[StateWrite]) -> AbstractSet[EntityKey]:
        """Write every item whose mark is still the one that was read."""
        lost = set()
        for key, source, data, mark, folded, _, read_mark, _ in writes:
            items = self.changed.get(key) or dict(self.history.get(key, ()))
            held = items.get(source)
            if (held.mark if held else None) == read_mark:
                items[source] = StoredState(source, data, mark, folded)
                self.changed[key] = items
            else:
                lost.add(key)
        return lost


class MemoryLog:
    """A delivery stream that takes everything."""

    def append(self, rows: Sequence[bytes]) -> AbstractSet[int]:
        """Take rows."""
        return frozenset()


class MemoryGroups:
    """Feature groups that take everything."""

    def put(self, snapshots: Sequence[Snapshot]) -> AbstractSet[int]:
        """Take snapshots."""
        return frozenset()


class MemoryBucket:
    """A bucket that takes everything."""

    def put(self, key: str, body: bytes) -> None:
        """Take an object."""


@dataclass(frozen=True)
class World:
    """A month of history as stored states, and the events that come next, in batches."""

    usecase: UseCase
    states: Mapping[EntityKey, Mapping[str, StoredState]]
    events: Sequence[Sequence[Mapping[str, Any]]]

    @cached_property
    def batches(self) -> list[dict[str, Any]]:
        """The events as Lambda receives them."""
        numbers = itertools.count(_FIRST_SEQUENCE)
        return [{"Records": [_record(next(numbers), event) for event in events]} for events in self.events]

    def table(self) -> MemoryTable:
        """A fresh table that holds the history."""
        return MemoryTable(self.states)


def world(usecase: UseCase | None = None, *, batches: int, hot: bool = False) -> World:
    """Simulate a world whose history came through the same shard.

    Args:
        usecase: whose features; by default those of fraud.
        batches: how many batches of 500 records follow the history.
        hot: whether the batches' events belong to twenty customers and twenty terminals only.
    """
    usecase = usecase or usecases.load(USECASE)
    days = HISTORY_DAYS + 1 + batches * BATCH // PER_DAY
    frame = simulators.load(USECASE)(start=START, days=days, per_day=PER_DAY, seed=1)
    at = START + HISTORY_DAYS * 86_400
    events, labels = frame.drop(columns="fraud"), frame.assign(labelled_at=frame["timestamp"] + usecase.label.delay_s)
    states: dict[EntityKey, dict[str, StoredState]] = defaultdict(dict)
    for entity, key, source, state, folded in entity_states(usecase, events, labels, at=at):
        name = source_of(source, SHARD)
        states[EntityKey(entity, key)][name] = StoredState(name, state, _HISTORY_MARK, folded)
    coming = events[events["timestamp"] >= at].head(batches * BATCH)
    if hot:
        coming = coming.assign(
            customer_id="C" + (coming.index % 20).astype(str), terminal_id="T" + (coming.index % 20).astype(str)
        )
    rows: list[Any] = coming.to_dict("records")
    return World(usecase, states, [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)])


def _record(number: int, event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": event["customer_id"],
            "sequenceNumber": str(number),
            "data": base64.b64encode(json.dumps(event).encode()).decode(),
            "approximateArrivalTimestamp": event["timestamp"] + 0.5,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::000000000000:role/enrichment",
        "awsRegion": "eu-west-1",
        "eventSourceARN": "arn:aws:kinesis:eu-west-1:000000000000:stream/events",
    }
