"""Streams for the simulation, and the truth about each: what folding every record once, in order, gives."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import cast

from hypothesis import strategies as st
from shard_records import FIRST_SEQUENCE, START
from varied_usecases import with_snapshots, without_duplicates

from headrace.errors import RejectedError
from headrace.features import FeatureSet, Vector
from headrace.schema import Value, parse_event
from headrace.usecase import UseCase, Window
from headrace.windows import EventState, encode
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey
from usecases import load

GROUPS = ("a", "b")
TOPOLOGIES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "one": (("s0", ()),),
    "two": (("s0", ()), ("s1", ())),
    "split": (("s0", ()), ("s1", ("s0",)), ("s2", ("s0",))),
    "merge": (("s0", ()), ("s1", ()), ("s2", ("s0", "s1"))),
}
"""Shards and their parents."""
LANES = {
    "one": {"a": ("s0", "s0"), "b": ("s0", "s0")},
    "two": {"a": ("s0", "s0"), "b": ("s1", "s1")},
    "split": {"a": ("s0", "s1"), "b": ("s0", "s2")},
    "merge": {"a": ("s0", "s2"), "b": ("s1", "s2")},
}
"""Where each group's records go, before and after the reshard."""


def simulated(usecase: UseCase) -> UseCase:
    """Windows without delay, at the finest and at a coarse resolution, with snapshots every six hours."""
    windows = tuple(
        Window(entity=entity, function=function, over=over, lengths=("1h", "1d"), resolution=resolution)
        for entity, resolution in (("customer", "1s"), ("terminal", "1m"))
        for function, over in (("count", None), ("mean", "amount"))
    )
    return with_snapshots(replace(usecase, windows=windows, expressions=()), "6h")


FEATURES = {
    False: FeatureSet(simulated(load("fraud")), newest=3),
    True: FeatureSet(without_duplicates(simulated(load("fraud"))), newest=3),
}
"""By whether copies are dropped. A short tail, so that events leave it."""


@dataclass(frozen=True)
class Case:
    """One stream: each record with its shard, in the order in which they were put."""

    topology: str
    spread: bool
    drops: bool
    records: Sequence[Record]

    @property
    def features(self) -> FeatureSet:
        return FEATURES[self.drops]

    def of(self, shard: str) -> list[Record]:
        return [it for it in self.records if it.shard_id == shard]


@st.composite
def cases(draw: st.DrawFn, topology: str, *, spread: bool) -> Case:
    count = draw(st.integers(1, 14))
    reshard = draw(st.integers(0, count))
    records = []
    for position in range(count):
        group = draw(st.sampled_from(GROUPS))
        shard = LANES[topology][group][position >= reshard]
        body = draw(bodies(position, group, spread=spread))
        records.append(Record(shard, str(FIRST_SEQUENCE + position), START + 3_600, body))
    return Case(topology, spread, draw(st.booleans()), records)


@st.composite
def bodies(draw: st.DrawFn, position: int, group: str, *, spread: bool) -> bytes:
    """An event of a few entities, sometimes a copy of another's id, sometimes late, rarely rubbish."""
    if draw(st.integers(0, 11)) == 11:
        return b'{"event_id": "broken'
    place = "" if spread else group
    event = {
        "event_id": f"e{draw(st.integers(0, 6))}",
        "timestamp": START + position * 60 - draw(st.sampled_from([0, 0, 0, 59, 60, 3_600, 7 * 3_600, 40 * 86_400])),
        "customer_id": f"c{group}{draw(st.integers(0, 1))}",
        "terminal_id": f"t{place}{draw(st.integers(0, 1))}",
        "amount": position + 0.25,
    }
    return json.dumps(event).encode()


@dataclass
class Expected:
    """What folding each record once gives. ``prefixes``: every entity's state per shard after each of its records."""

    features: FeatureSet
    states: dict[tuple[EntityKey, str], EventState] = field(default_factory=dict)
    marks: dict[tuple[EntityKey, str], tuple[str, int]] = field(default_factory=dict)
    prefixes: dict[tuple[EntityKey, str], list[bytes]] = field(default_factory=dict)
    vectors: dict[str, Vector] = field(default_factory=dict)
    snapshots: dict[tuple[EntityKey, int], Mapping[str, float | None]] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    events: dict[str, tuple[Record, Mapping[str, Value]]] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        try:
            event = parse_event(self.features.usecase, record.data)
        except RejectedError:
            self.rejected.add(record.sequence_number)
            return
        keys = keys_of(event)
        event_id, timestamp = cast(str, event["event_id"]), cast(int, event["timestamp"])
        known = any(state.contains(event_id) for state in self.of(keys["customer"]))
        if self.features.usecase.event.drop_duplicates and known:
            return
        vector = self.features.vector(event, {name: self.of(key) for name, key in keys.items()}, folded=False)
        self.events[record.sequence_number], self.vectors[record.sequence_number] = (record, event), vector
        for name, key in keys.items():
            newest = max((state.newest or 0 for state in self.of(key)), default=0)
            if timestamp // 21_600 > newest // 21_600:
                own = [it.name for it in self.features.usecase.window_features if it.entity == name]
                values = {it: vector[it] for it in own if vector[it] is not None}
                self.snapshots[key, timestamp] = values
            self.fold(key, record, event)

    def of(self, key: EntityKey) -> list[EventState]:
        return [state for (owner, _), state in self.states.items() if owner == key]

    def fold(self, key: EntityKey, record: Record, event: Mapping[str, Value]) -> None:
        place = (key, f"events#{record.shard_id}")
        if place not in self.states:
            self.states[place] = cast(EventState, self.features.new_state(key.entity, "events"))
        self.features.fold_event(event, {key.entity: self.states[place]})
        self.marks[place] = (record.mark, self.marks.get(place, ("", 0))[1] + 1)
        self.prefixes.setdefault(place, []).append(encode(self.states[place]))


def keys_of(event: Mapping[str, Value]) -> dict[str, EntityKey]:
    return {name: EntityKey(name, cast(str, event[f"{name}_id"])) for name in ("customer", "terminal")}


def expected(case: Case) -> Expected:
    """Shard after shard, parents first."""
    found = Expected(case.features)
    for shard, _ in TOPOLOGIES[case.topology]:
        for record in case.of(shard):
            found.add(record)
    return found


@st.composite
def schedules(draw: st.DrawFn) -> list[int]:
    """Chances for up to so many steps; drawn one by one they would be few."""
    chance = Random(draw(st.integers(0, 1 << 32)))  # noqa: S311  # repeatable, not secret
    return [chance.randrange(256) for _ in range(draw(st.integers(0, 1_000)))]
