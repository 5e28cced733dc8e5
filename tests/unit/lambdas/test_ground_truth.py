"""Labels: exact in the state under faults, corrected by the last one given, and filed for the monitor and the lake."""

import base64
from dataclasses import replace

import pytest
from shard_records import START, label, record
from truths_held import FEATURES, SOURCE, TERMINAL, held, labels, wired
from varied_usecases import hashing

from headrace.features import FeatureSet
from headrace.masking import mask
from lambdas.ground_truth.logic import collect

COUNTS = {"Records": 2, "Rejected": 0, "Stored": 1, "BeyondReach": 0, "Quarantined": 0, "UnknownEvents": 0}


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
