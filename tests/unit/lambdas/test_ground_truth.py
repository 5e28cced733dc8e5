"""Labels: exact in the state under faults, corrected by the last one given, and filed for the monitor and the lake."""

import base64
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lambda_fakes import (
    START,
    CrashError,
    FakeStore,
    FakeTable,
    Faults,
    event_source_mapping,
    hashing,
    label,
    record,
)

from headrace.features import FeatureSet
from headrace.masking import mask
from headrace.windows import LabelState, decode
from lambdas.ground_truth.logic import GroundTruth, collect
from lambdas.shared.stream import NO_MARK, Record
from lambdas.shared.window_state import EntityKey, StoredState
from usecases import load

FEATURES = FeatureSet(load("fraud"))
SOURCE = "labels#shardId-000000000000"
TERMINAL = EntityKey("terminal", "t1")
FAULTS = ("before", "after", "throttle", "lose")
COLLECTED = START + 7 * 86_400
COUNTS = {"Records": 2, "Rejected": 0, "Stored": 1, "BeyondReach": 0, "Quarantined": 0, "UnknownEvents": 0}


def wired(faults: Faults | None = None, **changes: object) -> tuple[GroundTruth, FakeTable, FakeStore]:
    table, store = FakeTable(faults or Faults()), FakeStore(faults or Faults())
    function = GroundTruth(**{"features": FEATURES, "reader": table, "writer": table, "lake": store, **changes})
    return function, table, store


def held(table: FakeTable, key: EntityKey = TERMINAL) -> list[int]:
    state = decode(table.items[key, SOURCE].data, FEATURES.layout(key.entity, "labels"))
    assert isinstance(state, LabelState)
    return list(state.values)


def labels(*bodies: bytes | dict[str, object], arrived_at: float = COLLECTED) -> list[Record]:
    return [record(number, body, arrived_at=arrived_at) for number, body in enumerate(bodies)]


def test_a_label_is_folded_for_the_entities_whose_features_look_at_labels_only() -> None:
    function, table, _ = wired()
    outcome = collect(labels(label(1), label(2, fraud=False)), function)
    assert (outcome.failed_from, outcome.counts) == (None, COUNTS | {"UnknownEvents": 2})
    assert list(table.items) == [(TERMINAL, SOURCE)]
    assert table.items[TERMINAL, SOURCE].folded == 2
    assert sorted(held(table)) == [0, 1]


def test_ground_truth_is_written_as_model_monitor_reads_it_under_the_hour_it_was_collected() -> None:
    function, _, store = wired()
    records = labels(label(1), label(2, fraud=0))
    collect(records, function)
    name = f"shardId-000000000000-{records[0].sequence_number}-{records[1].sequence_number}.jsonl"
    times = '"customAttributes":["labelled_at=2023-11-21T22:13:20Z","timestamp=2023-11-14T22:13:20Z"]'
    assert store.objects[f"ground-truth/2023/11/21/22/{name}"].decode() == "".join(
        f'{{"groundTruthData":{{"data":"{value}","encoding":"CSV"}},'
        f'"eventMetadata":{{"eventId":"{name}",{times}}},"eventVersion":"0"}}\n'
        for name, value in (("e000001", 1), ("e000002", 0))
    )


def test_labels_are_kept_in_the_lake_with_every_column_and_their_place() -> None:
    function, _, store = wired()
    records = labels(label(1, labelled_at=START + 60))
    collect(records, function)
    (row,) = store.rows("labels/dt=2023-11-21/")
    assert row == {
        "event_id": "e000001",
        "timestamp": "2023-11-14T22:13:20Z",
        "customer_id": "c1",
        "terminal_id": "t1",
        "fraud": 1,
        "labelled_at": "2023-11-14T22:14:20Z",
        "shard_id": "shardId-000000000000",
        "sequence_number": records[0].sequence_number,
        "arrived_at": "2023-11-21T22:13:20.000Z",
    }


def test_a_label_from_the_future_goes_to_quarantine_and_empties_no_window() -> None:
    function, table, store = wired()
    collect(labels(label(1)), function)
    before = dict(table.items)
    collect([record(9, label(2, at=START + 400 * 86_400, labelled_at=START + 400 * 86_400))], function)
    assert table.items == before
    (row,) = store.rows("quarantine/")
    assert (row["field"], row["reason"]) == ("labelled_at", "lies in the future")


def test_labels_of_two_hours_and_days_go_to_their_own_files() -> None:
    function, _, store = wired()
    midnight = 1_700_611_200
    records = [record(n, label(n), arrived_at=midnight + shift) for n, shift in enumerate((-2, -1, 0, 1))]
    collect(records, function)
    assert {key.rpartition("/")[0] for key in store.objects} == {
        "ground-truth/2023/11/21/23",
        "ground-truth/2023/11/22/00",
        "labels/dt=2023-11-21",
        "labels/dt=2023-11-22",
    }
    assert len(store.rows("labels/dt=2023-11-22")) == 2


def test_keys_that_the_use_case_hashes_are_hashed_in_the_lake() -> None:
    function, _, store = wired(features=FeatureSet(hashing("customer_id")), mask_key=b"k")
    collect(labels(label(1)), function)
    assert store.rows("labels/")[0]["customer_id"] == mask("c1", b"k")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_correction_replaces_the_label_whichever_comes_first(order: tuple[int, int]) -> None:
    function, table, store = wired()
    versions = (label(1, fraud=1, labelled_at=START + 10), label(1, fraud=0, labelled_at=START + 20))
    collect(labels(*(versions[number] for number in order)), function)
    assert held(table) == [0]
    assert len(store.rows("labels/")) == 2


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (b"no", None, "is not JSON"),
        (label(1) | {"fraud": "yes"}, "fraud", "is not 0, 1, true or false"),
        (label(1) | {"terminal_id": None}, "terminal_id", "is missing"),
        (label(1) | {"labelled_at": START - 1}, "labelled_at", "is before the event"),
    ],
)
def test_a_wrong_label_is_quarantined_with_its_reason_and_harms_no_neighbour(
    body: bytes | dict[str, object], field: str | None, reason: str
) -> None:
    function, table, store = wired()
    records = labels(label(1), body, label(2))
    assert collect(records, function).failed_from is None
    assert table.items[TERMINAL, SOURCE].folded == 2
    (row,) = store.rows("quarantine/ground_truth/dt=2023-11-21/")
    assert (row["field"], row["reason"]) == (field, reason)
    assert base64.b64decode(str(row["data"])) == records[1].data


def test_a_use_case_without_label_windows_files_labels_and_keeps_no_state() -> None:
    windows = tuple(window for window in FEATURES.usecase.windows if window.source == "events")
    plain = FeatureSet(replace(FEATURES.usecase, windows=windows, expressions=()))
    function, table, store = wired(features=plain)
    collect(labels(label(1)), function)
    assert table.items == {}
    assert len(store.rows("labels/")) == 1


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
