"""The columnar kernel equals the scalar one and the definition."""

import math

import pytest
import window_reference as reference
from columnar_tables import POINT, event_table, label_table
from hypothesis import given
from hypothesis import strategies as st
from window_cases import USECASE, shop

from headrace.features import FeatureSet
from headrace.usecase import Window
from headrace.windows import encode
from headrace.windows_columnar import entity_states, training_frame

FEATURES = FeatureSet(USECASE)


def without_nan(row):
    return {name: None if math.isnan(row[name]) else row[name] for name in FEATURES.names}


@st.composite
def histories(draw):
    history = draw(reference.events(maximum=20, customers=("c", "d")))
    return history, draw(reference.labels(history, within_s=80))


@given(histories())
def test_every_row_of_the_training_frame_is_the_definition(drawn):
    history, given_labels = drawn
    frame = training_frame(USECASE, event_table(history), label_table(given_labels))
    ordered = reference.in_order(history)
    assert frame["event_id"].tolist() == [row["event_id"] for row in ordered]
    for found, row in zip(frame.to_dict("records"), ordered, strict=True):
        keys = {"customer": row["customer_id"], "shop": row["shop_id"]}
        known = [label for label in given_labels if label["labelled_at"] <= row["timestamp"]]
        expected = reference.vector(USECASE, history, known, row["timestamp"], row["event_id"], keys=keys)
        reference.agree({name: without_nan(found)[name] for name in expected}, expected)


class Stream:
    """Window states per entity, key and source."""

    def __init__(self):
        self.states = {}

    def own(self, row, source):
        places = {name: (name, row[USECASE.entity(name).key], source) for name in FEATURES.entities(source)}
        return {name: self.states.setdefault(place, FEATURES.new_state(name, source)) for name, place in places.items()}

    def fold(self, row):
        if "labelled_at" not in row:
            FEATURES.fold_event(row, self.own(row, "events"))
            return
        for state in self.own(row, "labels").values():
            state.fold(
                timestamp=row["timestamp"],
                event_id=row["event_id"],
                value=row["returned"],
                labelled_at=row["labelled_at"],
            )

    def vector(self, row):
        held = {name: [] for name in FEATURES.entities("events")}
        for (name, key, _), state in self.states.items():
            if key == row[USECASE.entity(name).key]:
                held.setdefault(name, []).append(state)
        return FEATURES.vector(row, held, folded=False)


@given(histories())
def test_every_row_of_the_training_frame_is_the_vector_that_the_stream_logs(drawn):
    history, given_labels = drawn
    frame = training_frame(USECASE, event_table(history), label_table(given_labels))
    found = {row["event_id"]: without_nan(row) for row in frame.to_dict("records")}
    labels_first = [(row["labelled_at"], "", row) for row in given_labels]
    timeline = [*labels_first, *((row["timestamp"], row["event_id"], row) for row in history)]
    stream = Stream()
    for *_, row in sorted(timeline, key=lambda it: it[:2]):
        if "labelled_at" not in row:
            reference.agree(found[row["event_id"]], stream.vector(row))
        stream.fold(row)


@given(histories(), st.integers(1_000, 1_160))
def test_backfilled_states_are_those_that_the_stream_would_hold(drawn, at):
    history, given_labels = drawn
    stream, counts = Stream(), {}
    for source, rows, clock in (("events", history, "timestamp"), ("labels", given_labels, "labelled_at")):
        for row in rows:
            if row[clock] < at:
                stream.fold(row)
                for name in FEATURES.entities(source):
                    place = (name, row[USECASE.entity(name).key], source)
                    counts[place] = counts.get(place, 0) + 1
    found = list(entity_states(USECASE, event_table(history), label_table(given_labels), at))
    assert {it[:3]: it.folded for it in found} == counts
    for it in found:
        assert FEATURES.decode(it.entity, it.source, it.state).newest == stream.states[it[:3]].newest
        assert _values(it.state, it) == pytest.approx(_values(encode(stream.states[it[:3]]), it), rel=1e-9, abs=1e-6)


def _values(packed, it):
    states = {it.entity: [FEATURES.decode(it.entity, it.source, packed)]}
    point = POINT | {"timestamp": 1_170, "amount": 0.0, "tip": 0.0, "online": False}
    vector = FEATURES.vector(point, states, folded=True)
    return {name: -1.0 if value is None else value for name, value in vector.items()}


def test_a_long_history_is_pruned_before_it_is_folded():
    history = [POINT | {"event_id": f"{number:04}", "timestamp": 1_000 + number} for number in range(400)]
    found = {it[:3]: it for it in entity_states(USECASE, event_table(history), None, 2_000)}
    state = FEATURES.new_state("customer", "events")
    for row in history:
        state.fold(timestamp=row["timestamp"], event_id=row["event_id"], values=row)
    assert found["customer", "c", "events"].state == encode(state)
    assert found["customer", "c", "events"].folded == 400


@pytest.mark.parametrize("resolution", ["1s", "1m"])
@pytest.mark.parametrize("amount", [0.1, 19.99, 123_456.78])
def test_equal_values_have_no_deviation_in_either_kernel(amount, resolution):
    window = Window(entity="customer", function="std", over="amount", lengths=("10m",), resolution=resolution)
    features = FeatureSet(shop(window), newest=2)
    history = [
        POINT | {"event_id": f"{number:02}", "timestamp": 1_000 + number, "amount": amount} for number in range(9)
    ]
    state, logged = features.new_state("customer", "events"), []
    for row in history:
        features.fold_event(row, {"customer": state})
        logged.append(features.vector(row, {"customer": [state]}, folded=True)["customer_amount_std_10m"])
    frame = training_frame(features.usecase, event_table(history))
    assert logged == frame["customer_amount_std_10m"].tolist() == [0.0] * 9
