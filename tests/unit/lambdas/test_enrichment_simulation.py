"""Enrichment under everything a stream can do to it at once: the state is exact, and every vector has one value.

Several shards with lanes of their own, batches of any size, retries of whole and bisected batches, partial answers,
invocations of one batch that overlap, crashes around every call, throttling, lost answers, resharding, copies, late and
disordered events. Expectations come from folding every record once, in order, without the function.
"""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shard_records import FIRST_SEQUENCE, START
from simulated_stores import Bucket, Groups, Log, Stores, Table
from stream_cases import TOPOLOGIES, Case, Expected, cases, expected, keys_of, schedules
from stream_simulation import Shard, Simulation

from headrace.features import FeatureSet, Vector
from headrace.schema import Value
from headrace.windows import State, encode, evaluate, merge
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.shared.stream import Record
from lambdas.shared.window_state import StoredState


def simulate(case: Case, schedule: Iterable[int]) -> Stores:
    stores = Stores()
    table = Table(stores)
    function = Enrichment(
        features=case.features,
        reader=table,
        writer=table,
        log=Log(stores),
        quarantine=Bucket(stores),
        scorer=None,
        snapshots=Groups(stores),
        clock=lambda: 0.0,
    )
    shards: dict[str, Shard] = {}
    for name, parents in TOPOLOGIES[case.topology]:
        shards[name] = Shard(case.of(name), [shards[it] for it in parents])
    Simulation(list(shards.values()), lambda batch: enrich(batch, function), stores, iter(schedule)).run()
    return stores


def check_state(case: Case, stores: Stores, truth: Expected) -> None:
    """Every item is, byte for byte, what folding its shard's records once gives; so is what readers merge."""
    assert stores.items == {
        (key, source): StoredState(source, encode(state), *truth.marks[key, source])
        for (key, source), state in truth.states.items()
    }
    for key in {key for key, _ in truth.states}:
        layout, parts = case.features.layout(key.entity, "events"), truth.of(key)
        stored = [
            case.features.decode(key.entity, "events", it.data) for (k, _), it in stores.items.items() if k == key
        ]
        for timestamp in (START - 3_600, START, START + 1_000, START + 90_000):
            at: dict[str, Any] = {"timestamp": timestamp, "event_id": "z"}
            assert evaluate(layout, stored, **at) == evaluate(layout, parts, **at)
        newest = max(state.newest or 0 for state in parts)
        at = {"timestamp": newest + 1, "event_id": ""}
        assert evaluate(layout, [merge(cast(Sequence[State], stored))], **at) == evaluate(layout, parts, **at)


def check_quarantine(stores: Stores, truth: Expected) -> None:
    lines = [json.loads(line) for body in stores.objects.values() for line in body.splitlines()]
    assert {line["sequence_number"] for line in lines} == truth.rejected


def logged(stores: Stores, features: FeatureSet) -> dict[str, list[Vector]]:
    rows: dict[str, list[Vector]] = {}
    for row in map(json.loads, stores.rows):
        rows.setdefault(row["sequence_number"], []).append({name: row[name] for name in features.names})
    return rows


calm_about_size = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize("topology", TOPOLOGIES)
@given(data=st.data())
@calm_about_size
def test_every_record_counts_once_and_every_copy_of_its_vector_is_the_same(topology: str, data: st.DataObject) -> None:
    case = data.draw(cases(topology, spread=topology == "one"))
    stores, truth = simulate(case, data.draw(schedules())), expected(case)
    check_state(case, stores, truth)
    check_quarantine(stores, truth)
    rows = logged(stores, case.features)
    assert rows.keys() == truth.vectors.keys()
    for number, copies in rows.items():
        assert all(copy == truth.vectors[number] for copy in copies)
    assert {(it.key, it.timestamp) for it in stores.puts} == truth.snapshots.keys()
    assert all(it.values == truth.snapshots[it.key, it.timestamp] for it in stores.puts)


@pytest.mark.parametrize("topology", [name for name in TOPOLOGIES if name != "one"])
@given(data=st.data())
@calm_about_size
def test_where_an_entity_spreads_over_shards_each_vector_has_seen_some_prefix_of_every_other(
    topology: str, data: st.DataObject
) -> None:
    case = data.draw(cases(topology, spread=True))
    stores, truth = simulate(case, data.draw(schedules())), expected(case)
    check_state(case, stores, truth)
    check_quarantine(stores, truth)
    rows = logged(stores, case.features)
    assert rows.keys() == truth.vectors.keys()
    for number, copies in rows.items():
        record, event = truth.events[number]
        for copy in copies:
            assert any(copy == it for it in possible(truth, record, event)), (number, copy)
    own = {(it.key, it.timestamp) for it in stores.puts if it.key.entity == "customer"}
    assert own == {(key, at) for key, at in truth.snapshots if key.entity == "customer"}


def possible(truth: Expected, record: Record, event: Mapping[str, Value]) -> Iterable[Vector]:
    """The record's vector, for each way in which other shards may have been ahead of, or behind, its own."""
    features, keys = truth.features, keys_of(event)
    before = Expected(features)
    own = f"events#{record.shard_id}"
    for number, (earlier, _) in truth.events.items():
        if earlier.shard_id == record.shard_id and number < record.sequence_number:
            for key in keys_of(truth.events[number][1]).values():
                before.fold(key, earlier, truth.events[number][1])
    others = [
        [(key, None), *((key, data) for data in datas)]
        for (key, source), datas in truth.prefixes.items()
        if key in keys.values() and source != own
    ]
    for chosen in itertools.product(*others):
        states: dict[str, list[State]] = {name: list(before.of(key)) for name, key in keys.items()}
        for key, data in chosen:
            if data is not None:
                states[key.entity].append(features.decode(key.entity, "events", data))
        yield features.vector(event, states, folded=False)


def test_the_simulation_notices_a_record_that_counts_twice() -> None:
    case = Case("one", False, False, [Record("s0", str(FIRST_SEQUENCE), START, calm_event(1))])
    stores, truth = simulate(case, []), expected(case)
    (place, item), *_ = stores.items.items()
    stores.items[place] = item._replace(folded=2)
    with pytest.raises(AssertionError):
        check_state(case, stores, truth)


def calm_event(number: int) -> bytes:
    keys = {"customer_id": "ca0", "terminal_id": "ta0"}
    return json.dumps({"event_id": f"e{number}", "timestamp": START, **keys, "amount": 1.0}).encode()
