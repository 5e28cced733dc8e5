"""What stored state can answer of changed features, and what has to be rebuilt."""

from dataclasses import replace

import pytest
from evolved_use_cases import COUNT, MEAN, NOW, RATE, RECORD, changed, only_refusal, with_field
from window_cases import bazaar

from headrace.evolution import Record, compare, gaps, record_of
from headrace.features import FeatureSet
from headrace.usecase import UseCase, Window
from headrace.windows import EventState, new_state, upgrade


def test_a_field_of_which_means_are_kept_becomes_optional_only_with_a_new_version():
    record = record_of(changed(Window(entity="customer", function="mean", over="amount", lengths=("60s",))))
    loosened = replace(
        with_field("amount", required=False),
        windows=(Window(entity="customer", function="mean", over="amount", lengths=("60s",)),),
    )
    message = only_refusal(compare(record, loosened))
    assert message.startswith("fields[amount].required: was True, and state counts its values by the events; leave it")
    assert not compare(record, replace(loosened, version=2)).refusals


def lacking(usecase: UseCase, record: Record | None = RECORD) -> dict[str, str]:
    return {gap.feature: f"{gap.entity} {gap.source} {gap.missing}" for gap in gaps(record, usecase)}


def test_nothing_has_to_be_rebuilt_for_what_stored_columns_answer():
    wider = Window(entity="customer", function="count", lengths=("5s", "10s", "60s"))
    earlier = Window(entity="shop", function="sum", over="tip", lengths=("30s",))
    coarser = Window(entity="shop", function="sum", over="returned", source="labels", lengths=("40s",), delay="20s")
    assert lacking(changed(wider, MEAN, RATE, earlier, replace(coarser, resolution="10s"))) == {}
    assert lacking(NOW) == {}
    assert lacking(NOW, None) == {}


def test_a_recorded_window_over_coded_texts_is_compared():
    last = Window(entity="customer", function="last", over="channel", lengths=("60s",))
    record = Record.loads(record_of(bazaar(last)).dumps(), where="here")
    more = Window(entity="customer", function="time_since_true", over="gift", lengths=("60s",))
    assert lacking(bazaar(last), record) == {}
    assert lacking(bazaar(last, more), record) == {
        "customer_gift_time_since_true_60s": "customer events newest of gift"
    }


GAPS = {
    "a column": (Window(entity="shop", function="max", over="tip", lengths=("9s",)), "shop events max of tip"),
    "two columns": (
        Window(entity="customer", function="std", over="tip", lengths=("9s",)),
        "customer events count of tip, sum of tip, deviation of tip",
    ),
    "a resolution": (
        Window(entity="shop", function="count", lengths=("60s",), resolution="5s"),
        "shop events buckets of 5 s",
    ),
    "a longer reach": (Window(entity="shop", function="count", lengths=("2m",)), "shop events what is older than 61 s"),
    "labels of an entity that kept none": (
        Window(entity="customer", function="sum", over="returned", source="labels", lengths=("60s",), delay="20s"),
        "customer labels labels",
    ),
    "older labels": (
        Window(entity="shop", function="max", over="returned", source="labels", lengths=("2m",), delay="20s"),
        "shop labels what is older than 82 s",
    ),
}


@pytest.mark.parametrize("case", GAPS)
def test_a_feature_that_stored_state_cannot_answer_says_what_is_missing(case):
    window, missing = GAPS[case]
    assert list(lacking(changed(COUNT, MEAN, RATE, window)).values()) == [missing]


def test_what_a_gap_says_is_what_an_upgrade_finds():
    for window, _ in GAPS.values():
        usecase = changed(COUNT, MEAN, RATE, window)
        (gap,) = gaps(RECORD, usecase)
        old, new = (FeatureSet(it).layout(gap.entity, gap.source) for it in (NOW, usecase))
        state = new_state(old)
        if isinstance(state, EventState):
            state.fold(timestamp=1_000, event_id="a", values={})
        else:
            state.fold(timestamp=1_000, event_id="a", value=1, labelled_at=1_100)
        assert upgrade(state, new).partial == bool(old.tracks)


def test_a_whole_state_is_not_partial_where_no_gap_is_told():
    usecase = changed(MEAN, RATE, Window(entity="customer", function="count", lengths=("5s", "60s")))
    assert gaps(RECORD, usecase) == ()
    old, new = (FeatureSet(it).layout("customer", "events") for it in (NOW, usecase))
    state = new_state(old)
    state.fold(timestamp=1_000, event_id="a", values={})
    assert not upgrade(state, new).partial
