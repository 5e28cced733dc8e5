"""A packed state: read back whole, refused when damaged, foreign or of another version."""

import struct
import zlib

import pytest
import window_reference as reference
from folded_states import EVENTS, FEATURES, LABELS, event_state, label_state, values
from hypothesis import given
from hypothesis import strategies as st
from window_cases import shop

from headrace.errors import StateError
from headrace.usecase import Window
from headrace.windows import EventState, LabelState, compile_layout, decode, encode, evaluate


@given(reference.events())
def test_an_unpacked_event_state_is_what_was_packed(history):
    state = event_state(history)
    again = decode(encode(state), EVENTS)
    assert encode(again) == encode(state)
    assert values(again) == values(state)
    assert again.ids == state.ids


@given(st.data())
def test_an_unpacked_label_state_is_what_was_packed(data):
    state = label_state(data.draw(reference.labels(data.draw(reference.events()))))
    again = decode(encode(state), LABELS)
    assert again.entries() == state.entries()
    assert encode(again) == encode(state)


@given(reference.events(), st.data())
def test_folding_goes_on_after_unpacking_as_if_nothing_had_happened(history, data):
    cut = data.draw(st.integers(0, len(history)))
    state = decode(encode(event_state(history[:cut])), EVENTS)
    for row in history[cut:]:
        state.fold(timestamp=row["timestamp"], event_id=row["event_id"], values=row)
    assert encode(state) == encode(event_state(history))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_state_are_refused(data):
    with pytest.raises(StateError):
        decode(data, EVENTS)


@given(st.data())
def test_a_flipped_bit_is_noticed(data):
    packed = bytearray(encode(event_state(reference.in_order(data.draw(reference.events())))))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(StateError):
        decode(bytes(packed), EVENTS)


def test_another_version_is_refused_by_its_number():
    packed = bytearray(encode(EventState(EVENTS)))
    packed[0] = 9
    body = bytes(packed[:-4])
    with pytest.raises(StateError, match="version 9"):
        decode(body + struct.pack("<I", zlib.crc32(body)), EVENTS)


@pytest.mark.parametrize("packed", [encode(LabelState(LABELS)), encode(EventState(FEATURES.layout("shop", "events")))])
def test_a_foreign_layout_is_refused(packed):
    with pytest.raises(StateError, match="another layout than customer/events: rebuild"):
        decode(packed, EVENTS)


@pytest.mark.parametrize("event_id", ["a\0b", "\ud800"])
def test_an_event_whose_id_cannot_be_packed_is_not_folded(event_id):
    state = EventState(EVENTS)
    for number in range(5):
        with pytest.raises(StateError, match="cannot be folded"):
            state.fold(timestamp=9, event_id=event_id, values={})
        before = encode(state)
        state.fold(timestamp=number, event_id="a", values={})
        assert encode(state) != before


def test_a_change_of_windows_changes_the_layout():
    def fingerprint(**changes: object) -> bytes:
        window = {"name": "n", "entity": "customer", "function": "sum", "over": "amount", "lengths": ("1h",)} | changes
        return compile_layout(shop(Window(**window)), "customer", "events").fingerprint

    prints = [
        fingerprint(),
        fingerprint(lengths=("2h",)),
        fingerprint(resolution="1m"),
        fingerprint(over="tip"),
        fingerprint(function="max"),
        fingerprint(delay="1m"),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint() == fingerprint()


def test_a_busy_second_counts_beyond_what_a_byte_holds():
    window = Window(name="n", entity="customer", function="count", lengths=("1h",))
    layout = compile_layout(shop(window), "customer", "events", newest=1)
    state = EventState(layout)
    for number in range(70_000):
        state.fold(timestamp=1_000, event_id=f"{number:05}", values={})
    again = decode(encode(state), layout)
    assert evaluate(layout, [again], timestamp=1_000, event_id="99999") == {"n_1h": 70_000}
    assert len(encode(state)) < 60


def test_times_after_2106_need_wider_columns_and_get_them():
    history = [{"timestamp": 4_294_967_200 + 30 * at, "event_id": str(at), "amount": 1.0} for at in range(7)]
    state = decode(encode(event_state(history)), EVENTS)
    last = evaluate(EVENTS, [state], timestamp=history[-1]["timestamp"], event_id="6")
    assert last["count_r1s_d0s_60s"] == 2
    labels = label_state([row | {"returned": 1, "labelled_at": 2**32} for row in history])
    assert decode(encode(labels), LABELS).entries() == labels.entries()


def test_a_time_before_1970_cannot_be_folded():
    with pytest.raises(OverflowError):
        EventState(EVENTS).fold(timestamp=-1, event_id="a", values={})
