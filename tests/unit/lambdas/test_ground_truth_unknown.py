"""Labels of events that nobody saw: kept, counted, and never said of one that came."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from lambda_fakes import FakeTable, Faults
from limited_labels import CUSTOMER, DAY, FEATURES, held, labels, wired
from shard_records import START, event, label

from headrace.features import FeatureSet
from headrace.schema import coerce_event
from headrace.windows import EventState, encode
from lambdas.ground_truth.logic import collect
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import StoredState, source_of


def seen(table: FakeTable, *events: dict[str, object], shard: str = "shardId-000000000000") -> None:
    """Events that enrichment has folded for their customers."""
    state = FEATURES.new_state("customer", "events")
    assert isinstance(state, EventState)
    for raw in events:
        FEATURES.fold_event(coerce_event(FEATURES.usecase, raw), {"customer": state})
    source = source_of("events", shard)
    table.items[CUSTOMER, source] = StoredState(source, encode(state), NO_MARK, len(events))


def test_labels_of_events_that_nobody_saw_are_kept_and_counted() -> None:
    function, table, store = wired()
    seen(table, event(1), event(2, at=START - 3 * DAY))
    found = labels(label(1), label(2, at=START - 3 * DAY), label(7, at=START - DAY), label(8, customer="nobody"))
    outcome = collect(found, function)
    assert outcome.counts["UnknownEvents"] == 2
    assert len(store.rows("labels/")) == 4
    assert len(held(table).times) == 4


def test_an_event_on_any_shard_is_known() -> None:
    function, table, _ = wired()
    seen(table, event(1))
    seen(table, event(2, at=START - 3 * DAY), shard="shardId-000000000001")
    assert collect(labels(label(1), label(2, at=START - 3 * DAY)), function).counts["UnknownEvents"] == 0


def test_an_event_that_state_has_forgotten_is_not_called_unknown() -> None:
    function, table, _ = wired()
    seen(table, event(1))
    assert collect(labels(label(2, at=START - 200 * DAY)), function).counts["UnknownEvents"] == 0


def test_state_that_cannot_be_read_says_nothing_of_unknown_events() -> None:
    function, table, _ = wired()
    source = source_of("events", "shardId-000000000000")
    table.items[CUSTOMER, source] = StoredState(source, b"damaged", NO_MARK, 1)
    assert collect(labels(label(1)), function).counts["UnknownEvents"] == 0


def test_a_count_that_cannot_be_had_keeps_no_label_waiting() -> None:
    function, table, store = wired()
    table.faults = Faults(["ok", "ok", "throttle"])
    outcome = collect(labels(label(1)), function)
    assert (outcome.failed_from, "UnknownEvents" in outcome.counts) == (None, False)
    assert len(store.rows("labels/")) == 1


def test_without_event_windows_nothing_is_known_of_events() -> None:
    windows = tuple(it for it in FEATURES.usecase.windows if it.source == "labels")
    entities = tuple(replace(it, snapshot=None) for it in FEATURES.usecase.entities)
    plain = replace(FEATURES.usecase, windows=windows, expressions=(), entities=entities)
    function, _, _ = wired(features=FeatureSet(plain))
    assert collect(labels(label(1)), function).counts["UnknownEvents"] == 0


@given(st.lists(st.integers(0, 40 * DAY), min_size=1, max_size=40), st.integers(0, 40 * DAY))
def test_no_event_that_came_is_ever_called_unknown(ages: list[int], newest: int) -> None:
    function, table, _ = wired()
    events = [event(number, at=START + newest - age) for number, age in enumerate(ages)]
    seen(table, *events)
    asked = labels(
        *(label(number, at=START + newest - age, labelled_at=START + 50 * DAY) for number, age in enumerate(ages))
    )
    assert collect(asked, function).counts["UnknownEvents"] == 0
