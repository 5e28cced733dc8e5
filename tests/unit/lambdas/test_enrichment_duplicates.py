"""Copies that producers send: dropped where the use case asks, by the primary entity's ids, the same in every retry."""

from dataclasses import replace

import pytest
from lambda_fakes import CrashError, FakeLog, FakeStore, FakeTable, Faults
from shard_records import START, event, record
from varied_usecases import without_duplicates

from headrace.features import FeatureSet
from headrace.windows import EventState, compile_layout, encode
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StoredState
from usecases import load

FEATURES = FeatureSet(without_duplicates(load("fraud")))
SOURCE = "events#shardId-000000000000"


def wired(*, features: FeatureSet = FEATURES, plan: tuple[str, ...] = ()) -> tuple[Enrichment, FakeTable, FakeLog]:
    table, log = FakeTable(Faults(plan)), FakeLog()
    function = Enrichment(
        features=features, reader=table, writer=table, log=log, quarantine=FakeStore(), scorer=None, clock=lambda: 0.0
    )
    return function, table, log


def test_a_copy_gets_no_vector_is_counted_and_changes_nothing() -> None:
    function, table, log = wired()
    outcome = enrich([record(0, event(1)), record(1, event(1)), record(2, event(2, at=START + 1))], function)
    assert (outcome.failed_from, outcome.counts["Duplicates"]) == (None, 1)
    assert [row["event_id"] for row in log.rows] == ["e000001", "e000002"]
    assert log.rows[1]["customer_count_1d"] == 2
    assert {state.folded for state in table.items.values()} == {2}


def test_a_copy_that_comes_in_a_later_batch_is_dropped() -> None:
    function, table, log = wired()
    enrich([record(0, event(1))], function)
    before = dict(table.items)
    assert enrich([record(1, event(1))], function).counts["Duplicates"] == 1
    assert table.items == before
    assert len(log.rows) == 1


def test_a_dropped_copy_stays_dropped_when_it_is_retried_after_its_original_is_forgotten() -> None:
    function, table, _ = wired(features=FeatureSet(FEATURES.usecase, newest=2))
    records = [record(0, event(1)), record(1, event(1, terminal="t2"))]
    records += [record(n, event(n, at=START + n)) for n in range(2, 6)]
    enrich(records, function)
    before = dict(table.items)
    assert enrich(records, function).counts["Duplicates"] == 0
    assert table.items == before


def test_a_copy_with_another_body_is_a_copy_and_touches_no_other_entity() -> None:
    function, table, _ = wired()
    enrich([record(0, event(1)), record(1, event(1, terminal="t2", amount=99))], function)
    assert EntityKey("terminal", "t2") not in {key for key, _ in table.items}


def test_an_id_that_another_customer_uses_is_no_copy() -> None:
    function, _, log = wired()
    outcome = enrich([record(0, event(1)), record(1, event(1, customer="c2"))], function)
    assert outcome.counts["Duplicates"] == 0
    assert len(log.rows) == 2


def test_a_copy_of_what_a_parent_shard_or_the_backfill_holds_is_dropped() -> None:
    for source in ("events#shardId-parent", "events#backfill"):
        function, table, log = wired()
        state = FEATURES.new_state("customer", "events")
        assert isinstance(state, EventState)
        state.fold(timestamp=START, event_id="e000001", values={"amount": 1.0})
        table.items[EntityKey("customer", "c1"), source] = StoredState(source, encode(state), NO_MARK, 1)
        assert enrich([record(0, event(1))], function).counts["Duplicates"] == 1
        assert log.rows == []


def test_the_primary_remembers_four_times_as_many_ids_as_other_entities_and_backfilled_states_have_its_layout() -> None:
    assert FEATURES.layout("customer", "events").newest == 64
    assert FEATURES.layout("terminal", "events").newest == FeatureSet(load("fraud")).layout("customer", "events").newest
    ours = FEATURES.layout("customer", "events").fingerprint
    assert compile_layout(FEATURES.usecase, "customer", "events").fingerprint == ours
    function, _, log = wired()
    records = [record(n, event(n, at=START + n)) for n in range(64)]
    enrich(records, function)
    copies = [record(100 + n, event(n, at=START + n)) for n in range(64)]
    assert enrich(copies, function).counts["Duplicates"] == 64
    assert len(log.rows) == 64


def test_where_the_use_case_does_not_ask_a_copy_is_an_event_of_its_own() -> None:
    function, table, log = wired(features=FeatureSet(load("fraud")))
    outcome = enrich([record(0, event(1)), record(1, event(1))], function)
    assert "Duplicates" not in outcome.counts
    assert len(log.rows) == 2
    assert {state.folded for state in table.items.values()} == {2}


@pytest.mark.parametrize("fault", ["before", "after", "throttle", "lose"])
@pytest.mark.parametrize("step", range(4, 8))
def test_a_retry_decides_as_the_attempt_that_failed_while_it_wrote(step: int, fault: str) -> None:
    records = [record(0, event(1, terminal="t1")), record(1, event(1, terminal="t1")), record(2, event(2))]
    calm, calm_table, calm_log = wired()
    enrich(records, calm)
    function, table, log = wired(plan=(*["ok"] * (step - 4), "ok", "ok", fault))  # two reads, then writes
    for _ in range(3):
        try:
            outcome = enrich(records, function)
        except CrashError:
            continue
        if outcome.failed_from is None:
            break
    assert table.items == calm_table.items
    assert {str(row) for row in log.rows} == {str(row) for row in calm_log.rows}


def test_the_primary_is_written_only_when_all_others_are() -> None:
    function, table, _ = wired(plan=("ok", "ok", "ok", "throttle"))  # two reads, then t1 is written and t2 is not
    records = [record(0, event(1, terminal="t1")), record(1, event(2, terminal="t2")), record(2, event(3))]
    outcome = enrich(records, function)
    assert outcome.failed_from == records[1].mark
    assert table.items[EntityKey("customer", "c1"), SOURCE].folded == 1
    assert table.items[EntityKey("terminal", "t1"), SOURCE].folded == 2


def test_the_primary_is_read_before_all_others() -> None:
    reads: list[set[str]] = []

    class Watched(FakeTable):
        """Notes what it is asked for."""

        def read(self, keys):  # type: ignore[no-untyped-def]  # the fake's signature
            reads.append({key.entity for key in keys})
            return super().read(keys)

    function, _, _ = wired()
    enrich([record(0, event(1))], replace(function, reader=Watched()))
    assert reads == [{"customer"}, {"terminal"}]
