"""Ground truth under everything a stream can do to it at once: every label once in the state, one logical copy on file.

Shards with lanes of their own, resharding, batches of any size, retries of whole and bisected batches, invocations that
overlap, crashes around every call, throttling and lost answers. Expectations come from folding each shard's labels
once, in order, without the function.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shard_records import START, label, record
from simulated_stores import Bucket, Stores, Table
from stream_cases import TOPOLOGIES, schedules
from stream_simulation import Shard, Simulation

from headrace.errors import RejectedError
from headrace.features import FeatureSet
from headrace.ground_truth import read_truths
from headrace.schema import LabelRecord, parse_label
from headrace.windows import LabelState, encode
from lambdas.ground_truth.logic import GroundTruth, collect
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey, StoredState, source_of
from usecases import load

FEATURES = FeatureSet(load("fraud"))
DAY = 86_400
Shards = Mapping[str, Sequence[Record]]


@dataclass
class OwnTable(Table):
    """The table, read by the sort key of one shard."""

    def read_own(self, keys: Iterable[EntityKey], source: str) -> Mapping[EntityKey, StoredState]:
        found = self.read(keys)
        return {key: it for key, states in found.items() for it in states if it.source == source}


@st.composite
def bodies(draw: st.DrawFn) -> bytes | dict[str, object]:
    """A label, often a correction or beyond reach, sometimes rubbish."""
    if draw(st.integers(0, 9)) == 0:
        return b"rubbish"
    number = draw(st.integers(0, 5))
    return label(
        number,
        at=START - DAY * draw(st.sampled_from([0, 0, 1, 60])),
        terminal=f"t{number % 3}",
        fraud=draw(st.integers(0, 1)),
        labelled_at=START + DAY * draw(st.integers(1, 3)),
    )


@st.composite
def streams(draw: st.DrawFn, topology: str) -> Shards:
    """The records of every shard; sequence numbers go on through a reshard."""
    found, position = {}, 0
    for shard, _ in TOPOLOGIES[topology]:
        made = draw(st.lists(bodies(), max_size=10))
        found[shard] = [
            record(position + number, body, shard=shard, arrived_at=START + 7 * DAY + 1_800 * number)
            for number, body in enumerate(made)
        ]
        position += len(made)
    return found


def simulate(shards: Shards, topology: str, schedule: Sequence[int]) -> Stores:
    stores = Stores()
    table = OwnTable(stores)
    function = GroundTruth(features=FEATURES, reader=table, writer=table, lake=Bucket(stores))
    lanes: dict[str, Shard] = {}
    for name, parents in TOPOLOGIES[topology]:
        lanes[name] = Shard(shards[name], [lanes[it] for it in parents])
    Simulation(list(lanes.values()), lambda batch: collect(batch, function), stores, iter(schedule)).run()
    return stores


def parsed(it: Record) -> LabelRecord | None:
    try:
        return parse_label(FEATURES.usecase, it.data, latest=it.latest_event_time)
    except RejectedError:
        return None


def folded(shards: Shards) -> dict[tuple[EntityKey, str], StoredState]:
    """Every item as folding each shard's labels once leaves it."""
    items: dict[tuple[EntityKey, str], tuple[LabelState, str, int]] = {}
    for shard, records in shards.items():
        source = source_of("labels", shard)
        for it in records:
            if (found := parsed(it)) is not None:
                place = EntityKey("terminal", found.keys["terminal"]), source
                state, _, count = items.get(place, (FEATURES.new_state("terminal", "labels"), "", 0))
                assert isinstance(state, LabelState)
                FEATURES.fold_label(found, {"terminal": state})
                items[place] = state, it.mark, count + 1
    return {place: StoredState(place[1], encode(state), mark, count) for place, (state, mark, count) in items.items()}


def logical(stores: Stores, prefix: str) -> dict[object, dict[str, object]]:
    """One row per record of the stream; copies must be the same."""
    rows: dict[object, dict[str, object]] = {}
    for key, body in stores.objects.items():
        if key.startswith(prefix):
            for row in map(json.loads, body.splitlines()):
                assert rows.setdefault(row["sequence_number"], row) == row
    return rows


@pytest.mark.parametrize("topology", TOPOLOGIES)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_label_counts_once_and_has_one_logical_copy(topology: str, data: st.DataObject) -> None:
    shards = data.draw(streams(topology))
    stores = simulate(shards, topology, data.draw(schedules()))
    assert stores.items == folded(shards)
    sent = [it for records in shards.values() for it in records]
    labels = {it.sequence_number: found for it in sent if (found := parsed(it)) is not None}
    rows = logical(stores, "labels/")
    assert {number: (row["event_id"], row["fraud"]) for number, row in rows.items()} == {
        number: (it.event_id, it.value) for number, it in labels.items()
    }
    assert logical(stores, "quarantine/").keys() == {it.sequence_number for it in sent} - labels.keys()
    truths = read_truths((key, body.splitlines()) for key, body in stores.objects.items() if "ground-truth/" in key)
    best: dict[str, LabelRecord] = {}
    for it in sorted(labels.values(), key=lambda it: (it.labelled_at, it.timestamp, it.value)):
        best[it.event_id] = it
    assert {name: truth.value for name, truth in truths.last.items()} == {name: it.value for name, it in best.items()}
