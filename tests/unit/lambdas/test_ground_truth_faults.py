"""Labels under faults: none lost, none counted twice, files left to the retry."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lambda_fakes import CrashError, FakeStore, FakeTable, Faults
from shard_records import START, event_source_mapping, label
from truths_held import FEATURES, SOURCE, TERMINAL, held, labels, wired

from lambdas.ground_truth.logic import GroundTruth, collect
from lambdas.shared.stream import NO_MARK, Record
from lambdas.shared.window_state import EntityKey, StoredState

FAULTS = ("before", "after", "throttle", "lose")


def test_when_the_table_cannot_be_read_nothing_from_the_first_label_on_is_filed() -> None:
    function, _, store = wired(reader=FakeTable(Faults(["throttle"])))
    records = labels(b"no", label(1))
    assert collect(records, function).failed_from == records[1].mark
    assert {key.partition("/")[0] for key in store.objects} == {"quarantine"}


def test_when_the_lake_is_out_of_reach_the_batch_is_tried_again_and_counts_nothing_twice() -> None:
    function, table, store = wired(lake=FakeStore(Faults(["ok", "throttle"])))
    records = labels(b"no", label(1), label(2))
    assert collect(records, function).failed_from == records[0].mark
    again = GroundTruth(features=FEATURES, reader=table, writer=table, lake=store)
    assert collect(records, again).failed_from is None
    assert table.items[TERMINAL, SOURCE].folded == 2
    assert len(store.rows("labels/")) == 2


def test_state_that_cannot_be_read_stops_the_batch_before_the_first_label_that_needs_it() -> None:
    function, table, store = wired()
    damaged = EntityKey("terminal", "t2")
    table.items[damaged, SOURCE] = StoredState(SOURCE, b"damaged", NO_MARK, 1)
    records = labels(label(1), label(2, terminal="t2"), label(3))
    outcome = collect(records, function)
    assert outcome.failed_from == records[1].mark
    assert [row["event_id"] for row in store.rows("labels/")] == ["e000001"]
    assert held(table) == [1]


def test_a_lost_write_starts_again_at_the_first_label_of_that_entity() -> None:
    function, table, store = wired()
    table.faults = Faults(["ok", "ok", "throttle"])
    records = labels(label(1), label(2, terminal="t2"), label(3))
    assert collect(records, function).failed_from == records[1].mark
    assert len(store.rows("ground-truth/")) == 1


def run(
    records: Sequence[Record], plan: Sequence[str], *, batch: int, splits: Sequence[bool] = ()
) -> tuple[FakeTable, FakeStore]:
    function, table, store = wired(Faults(plan))
    event_source_mapping(records, lambda chunk: collect(chunk, function), batch=batch, splits=iter(splits))
    return table, store


def distinct(store: FakeStore, prefix: str) -> dict[object, dict[str, object]]:
    rows: dict[object, dict[str, object]] = {}
    for row in store.rows(prefix):
        assert rows.setdefault(row["sequence_number"], row) == row
    return rows


@st.composite
def shards(draw: st.DrawFn) -> list[Record]:
    """A shard of labels, corrections and rubbish."""
    bodies: list[bytes | dict[str, object]] = [
        b"rubbish"
        if draw(st.integers(0, 9)) == 0
        else label(
            draw(st.integers(0, 5)),
            terminal=draw(st.sampled_from(["t1", "t2"])),
            fraud=draw(st.integers(0, 1)),
            labelled_at=START + draw(st.integers(0, 9)),
        )
        for _ in range(draw(st.integers(1, 12)))
    ]
    return labels(*bodies)


@settings(max_examples=100, deadline=None)
@given(
    records=shards(),
    batch=st.integers(1, 6),
    plan=st.lists(st.sampled_from(["ok", "ok", *FAULTS]), max_size=40),
    splits=st.lists(st.booleans(), max_size=10),
)
def test_faults_in_any_order_lose_no_label_and_count_none_twice(
    records: list[Record], batch: int, plan: list[str], splits: list[bool]
) -> None:
    calm_table, calm_store = run(records, [], batch=1)
    table, store = run(records, plan, batch=batch, splits=splits)
    assert table.items == calm_table.items
    for prefix in ("labels/", "quarantine/"):
        assert distinct(store, prefix) == distinct(calm_store, prefix)


def test_a_crash_after_the_state_leaves_the_files_to_the_retry() -> None:
    function, table, store = wired(Faults(["ok", "after"]))
    records = labels(label(1))
    with pytest.raises(CrashError):
        collect(records, function)
    assert store.objects == {}
    collect(records, function)
    assert table.items[TERMINAL, SOURCE].folded == 1
    assert len(store.rows("labels/")) == 1
