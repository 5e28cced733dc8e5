"""Snapshots for the Feature Store: the first event of an entity in each period, out before its state is stored."""

from dataclasses import replace

import pytest
from lambda_fakes import CrashError, FakeFeatureStore, FakeLog, FakeStore, FakeTable, Faults
from shard_records import START, event, record
from varied_usecases import with_snapshots

from headrace.features import FeatureSet
from headrace.windows import EventState, encode
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StoredState
from usecases import load

FEATURES = FeatureSet(with_snapshots(load("fraud"), "1d"))
DAY = 86_400
MIDNIGHT = START // DAY * DAY
CUSTOMER, TERMINAL = EntityKey("customer", "c1"), EntityKey("terminal", "t1")


def wired(plan: tuple[str, ...] = ()) -> tuple[Enrichment, FakeTable, FakeFeatureStore, FakeLog]:
    table, store, log = FakeTable(), FakeFeatureStore(Faults(plan)), FakeLog()
    function = Enrichment(
        features=FEATURES,
        reader=table,
        writer=table,
        log=log,
        quarantine=FakeStore(),
        scorer=None,
        snapshots=store,
        clock=lambda: 0.0,
    )
    return function, table, store, log


def test_the_first_event_of_a_day_puts_each_of_its_entities_as_of_that_event() -> None:
    function, _, store, log = wired()
    outcome = enrich([record(0, event(1, amount=12)), record(1, event(2, at=START + 5))], function)
    assert outcome.counts["Snapshots"] == 2
    customer, terminal = store.puts
    assert (customer.key, customer.timestamp, terminal.key) == (CUSTOMER, START, TERMINAL)
    own = [it.name for it in FEATURES.usecase.window_features if it.entity == "customer"]
    assert customer.values == {name: log.rows[0][name] for name in own}
    assert customer.values["customer_amount_mean_7d"] == 12


def test_the_day_turns_at_midnight_utc_for_each_entity_by_itself() -> None:
    function, _, store, _ = wired()
    moments = [("c1", "t1", -1), ("c1", "t1", 0), ("c1", "t1", 1), ("c2", "t1", 2), ("c1", "t2", 3)]
    records = [
        record(n, event(n, at=MIDNIGHT + after, customer=customer, terminal=terminal))
        for n, (customer, terminal, after) in enumerate(moments)
    ]
    enrich(records, function)
    assert [(it.key.key, it.timestamp - MIDNIGHT) for it in store.puts] == [
        ("c1", -1), ("t1", -1), ("c1", 0), ("t1", 0), ("c2", 2), ("t2", 3),
    ]  # fmt: skip


def test_a_late_event_puts_nothing() -> None:
    function, _, store, _ = wired()
    enrich([record(0, event(1, at=START))], function)
    del store.puts[:]
    outcome = enrich([record(1, event(2, at=START - DAY)), record(2, event(3, at=START - 9 * DAY))], function)
    assert (store.puts, outcome.counts["Snapshots"]) == ([], 0)


@pytest.mark.parametrize(("behind", "puts"), [(0, ["c1"]), (DAY, ["c1", "t1"])])
def test_what_other_shards_and_the_backfill_have_seen_counts(behind: int, puts: list[str]) -> None:
    function, table, store, _ = wired()
    state = FEATURES.new_state("terminal", "events")
    assert isinstance(state, EventState)
    state.fold(timestamp=START - behind, event_id="e9", values={})
    table.items[TERMINAL, "events#other"] = StoredState("events#other", encode(state), NO_MARK, 1)
    enrich([record(0, event(1))], function)
    assert [it.key.key for it in store.puts] == puts


def test_a_missing_value_is_left_out() -> None:
    usecase = FEATURES.usecase
    bare = replace(usecase, windows=tuple(replace(it, fill=None) for it in usecase.windows))
    function, _, store, log = wired()
    enrich([record(0, event(1))], replace(function, features=FeatureSet(bare)))
    assert log.rows[0]["terminal_fraud_rate_1d"] is None
    assert {name for it in store.puts for name in it.values} == {
        it.name for it in usecase.window_features if log.rows[0][it.name] is not None
    }


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("step", range(2))
def test_a_crash_repeats_a_snapshot_and_never_loses_one(step: int, fault: str) -> None:
    function, table, store, log = wired((*["ok"] * step, fault))
    with pytest.raises(CrashError):
        enrich([record(0, event(1))], function)
    assert (table.items, log.rows) == ({}, [])
    assert enrich([record(0, event(1))], function).failed_from is None
    assert {it.key for it in store.puts} == {CUSTOMER, TERMINAL}
    assert len({str(it) for it in store.puts}) == 2


def test_a_crash_after_storing_repeats_none() -> None:
    function, table, store, _ = wired()
    table.faults = Faults(["ok", "after"])  # read, first write
    with pytest.raises(CrashError):
        enrich([record(0, event(1))], function)
    enrich([record(0, event(1))], function)
    assert len(store.puts) == 2


@pytest.mark.parametrize("fault", ["throttle", "lose"])
def test_a_throttled_feature_store_holds_back_the_batch_from_that_event_on(fault: str) -> None:
    function, table, store, log = wired(("ok", "ok", fault))
    records = [
        record(0, event(1)),
        record(1, event(2, at=START + 1)),
        record(2, event(3, customer="c2")),
        record(3, event(4)),
    ]
    outcome = enrich(records, function)
    assert outcome.failed_from == records[2].mark
    assert outcome.problem == "the Feature Store refused snapshots"
    assert [row["event_id"] for row in log.rows] == ["e000001", "e000002"]
    assert {state.mark for state in table.items.values()} == {records[1].mark}
    assert enrich(records[2:], function).failed_from is None
    assert {it.key.key for it in store.puts} == {"c1", "t1", "c2"}


def test_of_several_refused_snapshots_the_first_counts() -> None:
    function, _, _, _ = wired(("ok", "ok", "throttle", "ok", "throttle"))
    records = [record(n, event(n, customer=f"c{n}", terminal=f"t{n}")) for n in range(3)]
    assert enrich(records, function).failed_from == records[1].mark
