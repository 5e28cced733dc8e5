"""Labels at the edges: too late for every window, of unknown events, of hot or masked entities, raced by a twin."""

import json
from dataclasses import replace

import pytest
from lambda_fakes import FakeStore, FakeTable, Faults
from limited_labels import DAY, FEATURES, SOURCE, TERMINAL, held, labels, wired
from shard_records import START, label
from varied_usecases import hashing

from headrace.errors import SettingsError
from headrace.features import FeatureSet
from headrace.masking import mask
from headrace.usecase import Field, UseCase
from lambdas.ground_truth.logic import collect
from usecases import load

REACH = FEATURES.layout("terminal", "labels").retention_s


@pytest.mark.parametrize(("age_s", "kept", "late"), [(REACH - 1, 2, 0), (REACH, 1, 1), (50 * DAY, 1, 1)])
def test_a_label_too_late_for_every_window_is_filed_and_counted_and_leaves_no_trace_in_the_state(
    age_s: int, kept: int, late: int
) -> None:
    function, table, store = wired()
    old = label(1, at=START - age_s, labelled_at=START + 8 * DAY)
    outcome = collect(labels(label(2), old), function)
    assert (len(held(table).times), outcome.counts["BeyondReach"]) == (kept, late)
    assert len(store.rows("labels/")) == len(store.rows("ground-truth/")) == 2


def test_a_late_label_is_counted_once_however_often_its_batch_is_tried() -> None:
    function, table, store = wired(lake=FakeStore(Faults(["throttle"])))
    records = labels(label(2), label(1, at=START - 50 * DAY))
    first = collect(records, function)
    again = collect(records, replace(function, lake=store))
    assert (first.failed_from, again.failed_from) == (records[0].mark, None)
    assert first.counts["BeyondReach"] + again.counts["BeyondReach"] == 1
    assert table.items[TERMINAL, SOURCE].folded == 2


def test_a_first_label_is_in_reach_however_old_because_windows_are_seen_from_labels() -> None:
    function, table, _ = wired()
    outcome = collect(labels(label(1, at=START - 300 * DAY)), function)
    assert (outcome.counts["BeyondReach"], len(held(table).times)) == (0, 1)


def test_a_correction_moves_an_event_within_reach_and_not_twice_into_the_state() -> None:
    function, table, _ = wired()
    collect(labels(label(1, fraud=1), label(1, fraud=0, at=START + 5, labelled_at=START + 9 * DAY)), function)
    assert [(it[0], it[3]) for it in held(table).entries()] == [(START + 5, 0)]


def test_a_hot_entity_keeps_its_newest_labels_within_bounds_and_the_lake_keeps_all() -> None:
    layouts = FeatureSet(load("fraud"), max_labels=20)
    function, table, store = wired(features=layouts)
    outcome = collect(labels(*(label(number, at=START + number) for number in range(50))), function)
    state = held(table, layouts)
    assert outcome.counts["CoarseStates"] == 1
    assert list(state.times) == [START + number for number in range(30, 50)]
    assert state.coarse
    assert len(store.rows("labels/")) == 50


@pytest.mark.parametrize(
    ("field", "reason", "changes"),
    [
        ("labelled_at", "lies in the future", {"labelled_at": START + 60 * DAY + 3_601}),
        ("labelled_at", "lies in the future", {"labelled_at": START + 9_000 * DAY}),
        ("labelled_at", "is before the event", {"at": START + 1, "labelled_at": START}),
        ("labelled_at", "lies in the future", {"at": START + 61 * DAY, "labelled_at": START + 62 * DAY}),
    ],
)
def test_a_label_of_an_impossible_time_is_kept_out_of_state_and_files(
    field: str, reason: str, changes: dict[str, int]
) -> None:
    function, table, store = wired()
    outcome = collect(labels(label(1, **changes)), function)
    assert (outcome.failed_from, outcome.counts["Quarantined"]) == (None, 1)
    assert table.items == {}
    assert [(row["field"], row["reason"]) for row in store.rows("quarantine/")] == [(field, reason)]
    assert not [key for key in store.objects if not key.startswith("quarantine/")]


def masked() -> UseCase:
    """Fraud with a hashed customer and a card number that may not reach the lake."""
    usecase = hashing("customer_id")
    card = Field(name="card", type="string", privacy="remove")
    return replace(usecase, event=replace(usecase.event, fields=(*usecase.event.fields, card)))


def test_what_must_not_reach_the_lake_does_not_reach_it_with_a_label() -> None:
    function, table, store = wired(features=FeatureSet(masked()), mask_key=b"k")
    collect(labels(label(1) | {"card": "4111111111111111", "amount": 12.5}), function)
    (row,) = store.rows("labels/")
    assert row["customer_id"] == mask("c1", b"k")
    everything = b"".join(store.objects.values()) + b"".join(it.data for it in table.items.values())
    assert b"4111111111111111" not in everything
    assert b'"c1"' not in everything
    assert set(row) & {"card", "amount"} == set()


def test_without_the_secret_of_a_hashed_key_nothing_is_written_to_the_lake() -> None:
    function, _, store = wired(features=FeatureSet(masked()))
    with pytest.raises(SettingsError, match="mask"):
        collect(labels(label(1)), function)
    assert not store.rows("labels/")


def test_of_two_overlapping_invocations_one_is_told_to_start_again_and_nothing_counts_twice() -> None:
    function, table, store = wired()
    records = labels(label(1), label(2, fraud=0))

    class Race(FakeTable):
        """Another invocation stores the same batch between this one's read and its write."""

        def read_own(self, keys, source):  # type: ignore[no-untyped-def]  # the fake's signature
            found = table.read_own(keys, source)
            collect(records, function)
            return found

    assert collect(records, replace(function, reader=Race())).failed_from == records[0].mark
    assert collect(records, function).failed_from is None
    assert table.items[TERMINAL, SOURCE].folded == 2
    rows = store.rows("labels/")
    assert len(rows) == len({json.dumps(row) for row in rows}) == 2
