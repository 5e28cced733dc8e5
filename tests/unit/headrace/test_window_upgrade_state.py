"""A state in the hands of code of another layout: what it says of itself, and what is refused."""

from dataclasses import replace

import pytest
import window_reference as reference
from hypothesis import given
from hypothesis import strategies as st
from upgraded_layouts import LAST, OLD, another, features, folded, layout, returned, through_the_store, window

from headrace.errors import StateError
from headrace.windows import (
    EventState,
    encode,
    evaluate,
    fingerprint_of,
    merge,
    new_state,
    upgrade,
)


@given(reference.events(), another(), st.data())
def test_a_state_says_that_it_is_partial_unless_it_holds_all(history, windows, data):
    cut = data.draw(st.integers(0, len(history)))
    new = layout(*windows)
    state = folded(upgrade(folded(new_state(layout(*OLD)), history[:cut]), new), history[cut:])
    if not state.partial:
        complete = folded(new_state(new), history)
        assert evaluate(new, [state], **LAST) == evaluate(new, [complete], **LAST)
        assert contents(state) == contents(complete)


def contents(state):
    """What a state holds, however wide its columns are: an upgraded one may write out counts that are all one."""
    tracks = [(track.width_s, track.entries(0, len(track.times))) for track in state.tracks]
    return repr((state.ids, tracks))  # as text, because no value equals the mark of a missing one


def test_a_shorter_window_over_known_columns_is_exact_at_once_and_leaves_the_state_whole():
    history = [{"timestamp": 1_100 + at, "event_id": str(at), "amount": float(at)} for at in range(20)]
    old, new = layout(window("mean", "amount")), layout(replace(window("sum", "amount"), lengths=("10s", "60s")))
    state = upgrade(folded(new_state(old), history), new)
    assert not state.partial
    assert evaluate(new, [state], timestamp=1_119, event_id="19") == evaluate(
        new, [folded(new_state(new), history)], timestamp=1_119, event_id="19"
    )


MISSING = {
    "a column": window("max", "amount"),
    "a resolution": window("count", "amount", resolution="10s"),
    "a longer reach": window("count", "amount", lengths=("120s",), name="far"),
    "a delay": window("count", "amount", delay="5s"),
}


@pytest.mark.parametrize("what", MISSING)
def test_a_state_with_events_is_partial_when_something_is_missing(what):
    old, new = layout(window("count", "amount")), layout(window("count", "amount"), MISSING[what])
    assert upgrade(folded(new_state(old), [{"timestamp": 1_000, "event_id": "a", "amount": 1.0}]), new).partial
    assert not upgrade(new_state(old), new).partial


def test_partial_survives_packing_folding_merging_and_the_way_back():
    old, new = layout(window("count", "amount")), layout(window("count", "amount"), window("max", "amount"))
    event = {"timestamp": 1_000, "event_id": "a", "amount": 1.0}
    state = through_the_store(upgrade(folded(new_state(old), [event]), new))
    assert state.partial
    assert folded(state, [{**event, "event_id": "b"}]).partial
    assert merge([state, new_state(state.layout)]).partial
    assert upgrade(state, old).partial


def test_a_state_is_read_by_the_features_of_the_new_layout_even_if_nothing_that_is_kept_differs():
    old, new = (
        layout(window("mean", "amount")),
        layout(window("mean", "amount"), window("mean", "amount", lengths=("9s",), name="n")),
    )
    assert old.fingerprint == new.fingerprint
    state = upgrade(folded(new_state(old), [{"timestamp": 1_155, "event_id": "a", "amount": 4.0}]), new)
    assert evaluate(new, [state], **LAST) == {"amount_mean_60s": 4.0, "n_9s": 4.0}
    assert upgrade(state, new) is state


def test_a_state_of_another_entity_or_source_is_refused():
    compiled = features(*OLD, returned("60s"))
    with pytest.raises(StateError, match="a state of customer/events is none of customer/labels"):
        upgrade(EventState(compiled.layout("customer", "events")), compiled.layout("customer", "labels"))


def test_packed_bytes_name_their_layout():
    for it in (layout(*OLD), layout(window("count", "amount"))):
        assert fingerprint_of(encode(new_state(it))) == it.fingerprint
