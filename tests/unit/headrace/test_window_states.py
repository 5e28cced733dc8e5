"""Packing, merging, pruning and coarsening of window states."""

from dataclasses import replace
from itertools import permutations

import pytest
import window_reference as reference
from folded_states import EVENTS, LABELS, LAST, event_state, label_state, values
from hypothesis import given
from hypothesis import strategies as st
from window_cases import shop

from headrace.errors import StateError
from headrace.usecase import Window
from headrace.windows import EventState, LabelState, compile_layout, decode, encode, evaluate, merge


@st.composite
def shares(draw, of=reference.events):
    """A history dealt to three shards."""
    history = draw(of())
    places = draw(st.lists(st.integers(0, 2), min_size=len(history), max_size=len(history)))
    return [[row for row, place in zip(history, places, strict=True) if place == it] for it in range(3)]


@given(shares())
def test_merging_shards_is_folding_everything_in_one(shards):
    states = [event_state(share) for share in shards]
    whole = event_state([row for share in shards for row in share])
    merged = merge(states)
    assert merged.ids == whole.ids
    reference.agree(values(merged), values(whole))
    reference.agree(values(*states), values(whole))


@given(shares())
def test_merging_is_associative_and_commutative(shards):
    a, b, c = (event_state(share) for share in shards)
    expected = merge([a, b, c])
    for state in (merge([merge([a, b]), c]), merge([a, merge([b, c])]), merge([c, a, b])):
        assert (state.ids, [track.times for track in state.tracks]) == (
            expected.ids,
            [track.times for track in expected.tracks],
        )
        reference.agree(values(state), values(expected))


@given(st.data())
def test_labels_of_several_shards_merge_in_any_order_and_the_last_of_an_event_wins(data):
    given_labels = data.draw(reference.labels(data.draw(reference.events())))
    parts = [label_state(given_labels[start::3]) for start in range(3)]
    whole = label_state(given_labels).entries()
    for order in permutations(parts):
        assert merge(order).entries() == whole
        assert merge([merge(order[:2]), order[2]]).entries() == whole
    known = [row for row in given_labels if row["labelled_at"] <= LAST["timestamp"]]
    parts = [label_state(known[start::3]) for start in range(3)]
    assert evaluate(LABELS, parts, **LAST) == evaluate(LABELS, [label_state(known)], **LAST)


def test_merging_leaves_the_merged_states_as_they_were():
    states = [event_state([{"timestamp": at, "event_id": str(at), "amount": 1.0}]) for at in (1_000, 1_001)]
    before = [encode(state) for state in states]
    merge(states)
    assert [encode(state) for state in states] == before


@pytest.mark.parametrize("states", [[], [EventState(EVENTS), LabelState(LABELS)]])
def test_states_of_none_or_of_several_layouts_are_not_merged(states):
    with pytest.raises(StateError, match="of none or of several"):
        merge(states)


def test_only_the_newest_ids_are_remembered():
    state = EventState(EVENTS)
    for number in range(5):
        state.fold(timestamp=1_000 + number, event_id=f"e{number}", values={})
    assert [state.contains(f"e{number}") for number in range(5)] == [False, False, True, True, True]


def test_a_duplicate_among_the_newest_is_dropped_only_when_asked():
    state = EventState(EVENTS)
    event = {"timestamp": 1_150, "event_id": "a", "values": {"amount": 1.0}}
    assert state.fold(**event)
    assert not state.fold(**event, drop_duplicates=True)
    assert values(state)["count_r1s_d0s_60s"] == 1
    assert state.fold(**event)
    assert values(state)["count_r1s_d0s_60s"] == 2


def test_buckets_that_no_window_can_reach_are_dropped():
    layout = compile_layout(
        shop(Window(name="n", entity="customer", function="count", lengths=("10s",))), "customer", "events", newest=1
    )
    state = EventState(layout)
    for timestamp in range(1_000):
        state.fold(timestamp=timestamp, event_id="a", values={})
        assert len(state.tracks[0].times) <= layout.retention_s + 1
    assert evaluate(layout, [state], timestamp=999, event_id="a") == {"n_10s": 10}


def test_an_event_beyond_retention_leaves_no_trace_once_newer_ones_fill_the_state():
    late = {"timestamp": 5, "event_id": "late", "amount": 1.0}
    newer = [{"timestamp": 1_000 + at, "event_id": str(at), "amount": 1.0} for at in range(4)]
    assert encode(event_state([*newer, late])) == encode(event_state(newer))
    assert encode(event_state([late, *newer])) == encode(event_state(newer))


def test_labels_beyond_retention_are_dropped():
    state = LabelState(LABELS)
    for timestamp in (1_000, 1_000 + LABELS.retention_s):
        state.fold(timestamp=timestamp, event_id=str(timestamp), value=1, labelled_at=9_999)
    assert list(state.times) == [1_000 + LABELS.retention_s]


def test_a_state_can_be_pruned_as_of_a_later_time():
    state = event_state([{"timestamp": 1_000 + at, "event_id": str(at), "amount": 1.0} for at in range(9)])
    state.prune(5_000)
    assert [len(track.times) for track in state.tracks] == [3] * len(state.tracks)


def test_a_track_that_outgrows_its_buckets_is_coarsened_and_flagged_and_keeps_its_totals():
    window = Window(name="n", entity="customer", function="count", lengths=("1h",))
    layout = compile_layout(shop(window), "customer", "events", newest=4, max_buckets=50)
    state = EventState(layout)
    for second in range(1_000):
        assert len(state.tracks[0].times) <= 54
        state.fold(timestamp=second, event_id=f"{second:04}", values={})
    assert state.coarse
    assert state.tracks[0].width_s == 32
    again = decode(encode(state), layout)
    assert again.coarse
    assert evaluate(layout, [again], timestamp=999, event_id="0999") == {"n_1h": 1_000}


def test_a_coarse_track_never_looks_into_the_delay():
    window = Window(name="n", entity="customer", function="count", lengths=("1h",), delay="100s")
    layout = compile_layout(shop(window), "customer", "events", newest=4, max_buckets=50)
    state = EventState(layout)
    for second in range(1_000):
        state.fold(timestamp=second, event_id=f"{second:04}", values={})
    assert 900 - state.tracks[0].width_s < evaluate(layout, [state], timestamp=999, event_id="z")["n_1h"] <= 900
    assert evaluate(layout, [state], timestamp=1_122, event_id="z")["n_1h"] == 992
    assert evaluate(layout, [state], timestamp=1_123, event_id="z")["n_1h"] == 1_000


def test_a_coarse_and_a_fine_state_merge_at_the_coarser_width():
    window = Window(name="n", entity="customer", function="count", lengths=("1h",))
    layout = compile_layout(shop(window), "customer", "events", newest=4, max_buckets=50)
    coarse, fine = EventState(layout), EventState(layout)
    for second in range(1_000):
        coarse.fold(timestamp=second, event_id=f"{second:04}", values={})
    for second in range(20):
        fine.fold(timestamp=second, event_id=f"{second:04}", values={})
    for order in ([coarse, fine], [fine, coarse]):
        merged = merge(order)
        assert merged.tracks[0].width_s == coarse.tracks[0].width_s
        assert evaluate(layout, [merged], timestamp=999, event_id="0999") == {"n_1h": 1_020}


def test_without_windows_nothing_is_kept():
    layout = compile_layout(
        shop(Window(name="n", entity="customer", function="count", lengths=("1h",))), "shop", "events"
    )
    state = EventState(layout)
    assert state.fold(timestamp=1, event_id="a", values={})
    assert (state.newest, state.coarse, layout.retention_s, layout.fields) == (None, False, 0, ())
    assert merge([state, state]).ids == []
    assert evaluate(layout, [decode(encode(state), layout)], timestamp=1, event_id="a") == {}
    labels = LabelState(replace(layout, source="labels"))
    assert not labels.fold(timestamp=1, event_id="a", value=1, labelled_at=2)
