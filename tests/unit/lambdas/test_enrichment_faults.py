"""Where a batch of enrichment starts again when a table, a stream or a bucket fails."""

from dataclasses import replace

import pytest
from enriching import CUSTOMER, parts, wired
from lambda_fakes import FakeLog, FakeStore, FakeTable, Faults
from shard_records import START, event, record

from lambdas.enrichment.logic import enrich
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StoredState


def test_when_the_table_cannot_be_read_only_the_rubbish_before_the_first_event_is_done() -> None:
    function = replace(wired(), reader=FakeTable(Faults(["throttle"])))
    outcome = enrich([record(0, b"x"), record(1, event(1)), record(2, b"y")], function)
    assert outcome.failed_from == record(1, b"").mark
    assert len(parts(function)[2].rows("quarantine/")) == 1
    assert parts(function)[1].rows == []
    assert outcome.problem == "slow down"


def test_when_quarantine_is_out_of_reach_the_batch_starts_again_at_its_first_rejected_record() -> None:
    function = replace(wired(), quarantine=FakeStore(Faults(["throttle"])))
    outcome = enrich([record(0, event(1)), record(1, b"x"), record(2, event(2))], function)
    assert outcome.failed_from == record(1, b"").mark
    assert "Quarantined" not in outcome.counts


def test_rows_that_firehose_refuses_hold_back_their_events_and_all_later_ones() -> None:
    function = wired()
    records = [record(number, event(number, at=START + number)) for number in range(4)]
    outcome = enrich(records, replace(function, log=FakeLog(Faults(["ok", "ok", "throttle"]))))
    assert outcome.failed_from == records[2].mark
    assert {state.mark for state in parts(function)[0].items.values()} == {records[1].mark}
    assert outcome.problem == "the feature delivery stream refused rows"


def test_of_several_refused_rows_the_first_counts_so_that_none_is_acknowledged_unlogged() -> None:
    function = wired()
    records = [record(number, event(number, at=START + number)) for number in range(4)]
    log = FakeLog(Faults(["ok", "throttle", "ok", "throttle"]))
    assert enrich(records, replace(function, log=log)).failed_from == records[1].mark


def test_a_throttled_write_starts_the_batch_again_at_the_first_event_of_that_entity() -> None:
    function = wired()
    table = parts(function)[0]
    table.faults = Faults(["ok", "ok", "ok", "throttle"])  # read, c1, t1, c2
    records = [record(0, event(1)), record(1, event(2, customer="c2")), record(2, event(3))]
    outcome = enrich(records, function)
    assert outcome.failed_from == records[1].mark
    assert outcome.problem == "window state was not written: lost condition or throttled"


@pytest.mark.parametrize("source", ["events#shardId-000000000000", "events#other"])
def test_state_that_cannot_be_read_stops_the_batch_before_the_first_event_that_needs_it(source: str) -> None:
    function = wired()
    table, log, _ = parts(function)
    table.items[EntityKey("customer", "c2"), source] = StoredState(source, b"damaged", NO_MARK, 1)
    records = [record(0, event(1)), record(1, event(2, customer="c2")), record(2, event(3))]
    outcome = enrich(records, function)
    assert outcome.failed_from == records[1].mark
    assert "checksum" in str(outcome.problem)
    assert [row["event_id"] for row in log.rows] == ["e000001"]
    assert table.items[CUSTOMER, "events#shardId-000000000000"].folded == 1
