"""Enrichment under crashes, throttles, lost answers, bisects and overlaps: the state is exact, the vectors repeat."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lambda_fakes import CrashError, FakeEndpoint, FakeLog, FakeStore, FakeTable, Faults
from shard_records import START, event, event_source_mapping, record

from headrace.features import FeatureSet
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.shared.scoring import Scorer
from lambdas.shared.stream import Record
from usecases import load

FEATURES = FeatureSet(load("fraud"), newest=3)
FAULTS = ("before", "after", "throttle", "lose")


def wired(faults: Faults) -> tuple[Enrichment, FakeTable, FakeLog, FakeStore]:
    """The function on fakes that share one plan of faults."""
    table, log, store = FakeTable(faults), FakeLog(faults), FakeStore(faults)
    scorer = Scorer(endpoint=FakeEndpoint(), call_s=1, deadline_s=5)
    function = Enrichment(
        features=FEATURES, reader=table, writer=table, log=log, quarantine=store, scorer=scorer, clock=lambda: 0.0
    )
    return function, table, log, store


def run(
    records: Sequence[Record], plan: Sequence[str], *, batch: int, splits: Sequence[bool] = ()
) -> tuple[FakeTable, dict[object, dict[str, object]], FakeStore]:
    """Feed the shard; every copy of a logged vector must be the same."""
    function, table, log, store = wired(Faults(plan))
    event_source_mapping(records, lambda chunk: enrich(chunk, function), batch=batch, splits=iter(splits))
    rows: dict[object, dict[str, object]] = {}
    for row in log.rows:
        assert rows.setdefault(row["sequence_number"], row) == row
    return table, rows, store


def body(draw: st.DrawFn, position: int) -> bytes | dict[str, object]:
    """An event of a few entities around one time, sometimes late, or rubbish."""
    if draw(st.integers(0, 9)) == 0:
        return b'{"event_id": "broken'
    return event(
        draw(st.integers(0, 1_000_000)),
        at=START - draw(st.sampled_from([0, 0, 0, 1, 2, 3, 86_399, 86_400, 8 * 86_400])),
        customer=draw(st.sampled_from(["c1", "c2", "c3"])),
        terminal=draw(st.sampled_from(["t1", "t2"])),
        amount=position + 0.25,
    )


@st.composite
def shards(draw: st.DrawFn) -> list[Record]:
    """A shard of up to a dozen records."""
    return [record(position, body(draw, position)) for position in range(draw(st.integers(1, 12)))]


@settings(max_examples=150, deadline=None)
@given(
    records=shards(),
    batch=st.integers(1, 6),
    plan=st.lists(st.sampled_from(["ok", "ok", "ok", *FAULTS]), max_size=60),
    splits=st.lists(st.booleans(), max_size=10),
)
def test_faults_in_any_order_change_neither_state_nor_vectors_nor_quarantine(
    records: list[Record], batch: int, plan: list[str], splits: list[bool]
) -> None:
    calm_table, calm_rows, calm_store = run(records, [], batch=1)
    table, rows, store = run(records, plan, batch=batch, splits=splits)
    assert table.items == calm_table.items
    assert rows == calm_rows
    assert {row["sequence_number"] for row in store.rows("quarantine/")} == {
        row["sequence_number"] for row in calm_store.rows("quarantine/")
    }


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", range(14))
def test_a_fault_at_any_single_step_is_repaired_by_the_retry(step: int, fault: str) -> None:
    records = [
        record(0, event(1, customer="c1", terminal="t1")),
        record(1, b"rubbish"),
        record(2, event(2, customer="c2", terminal="t1")),
        record(3, event(3, customer="c1", terminal="t2")),
    ]
    calm_table, calm_rows, calm_store = run(records, [], batch=4)
    table, rows, store = run(records, [*["ok"] * step, fault], batch=4)
    assert (table.items, rows) == (calm_table.items, calm_rows)
    assert store.rows("quarantine/")[0] == calm_store.rows("quarantine/")[0]


def test_batches_of_any_size_give_the_same_vectors_as_single_records() -> None:
    records = [record(n, event(n, at=START + n // 3, customer=f"c{n % 4}", terminal=f"t{n % 3}")) for n in range(40)]
    assert run(records, [], batch=40)[1] == run(records, [], batch=1)[1]


def test_an_overlapping_invocation_that_lost_the_race_is_reported_and_counts_nothing_twice() -> None:
    function, table, log, _ = wired(Faults())
    records = [record(0, event(1)), record(1, event(2))]

    class Race(FakeTable):
        """Another invocation stores the same batch between this one's read and its write."""

        def read(self, keys):  # type: ignore[no-untyped-def]  # the fake's signature
            found = table.read(keys)
            enrich(records, function)
            return found

    outcome = enrich(records, replace(function, reader=Race()))
    assert outcome.failed_from == records[0].mark
    assert {state.folded for state in table.items.values()} == {2}
    retried = enrich(records, function)
    assert retried.failed_from is None
    assert {state.folded for state in table.items.values()} == {2}
    assert len(log.rows) == 4


def test_a_record_that_its_entities_hold_already_is_neither_folded_nor_logged_again() -> None:
    function, table, log, _ = wired(Faults())
    records = [record(0, event(1))]
    enrich(records, function)
    before = dict(table.items)
    outcome = enrich(records, function)
    assert outcome.counts["Stored"] == 0
    assert table.items == before
    assert len(log.rows) == 1


def test_a_crash_between_two_writes_leaves_the_other_entity_to_the_retry() -> None:
    function, table, log, _ = wired(Faults(["ok", "ok", "after"]))  # read, log, first write
    records = [record(0, event(1))]
    with pytest.raises(CrashError):
        enrich(records, function)
    assert len(table.items) == 1
    assert enrich(records, function).failed_from is None
    assert sorted(state.folded for state in table.items.values()) == [1, 1]
    assert len(log.rows) == 1
