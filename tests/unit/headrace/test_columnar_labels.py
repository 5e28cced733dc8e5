"""Labels count from when they were given; the target of training is the last label known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from window_cases import label_windows, shop

from headrace.errors import RejectedError
from headrace.features import FeatureSet
from headrace.usecase import Window
from headrace.windows_columnar import labelled, training_frame

USECASE = shop(
    *label_windows("1s", "20s"),
    *label_windows("7s", "30s"),
    Window(entity="shop", function="min", over="returned", source="labels", lengths=("60s",), delay="20s"),
)
FEATURES = FeatureSet(USECASE)
NAMES = [it.name for it in USECASE.window_features]
EVENT = {"customer_id": "c", "shop_id": "s", "amount": 1.0, "tip": None, "online": False}


def events(*times):
    return pd.DataFrame([EVENT | {"event_id": f"e{at:05}", "timestamp": at} for at in times])


def label(of, value, given, **other):
    row = {"event_id": f"e{of:05}", "timestamp": of, "customer_id": "c", "shop_id": "s", "returned": value}
    return row | {"labelled_at": given} | other


def rates(labels, *times):
    """The rate of returned purchases at these times, over labels 20 s to 80 s old."""
    frame = training_frame(USECASE, events(*times), pd.DataFrame(labels))
    return frame["returned_customer_mean_r1s_d20s_60s"].tolist()


def test_a_label_counts_from_its_own_time_not_before():
    assert rates([label(1_000, 1, 1_050)], 1_049, 1_050) == [pytest.approx(np.nan, nan_ok=True), 1.0]


def test_a_correction_counts_from_its_own_time_and_the_first_label_until_then():
    assert rates([label(1_000, 1, 1_020), label(1_000, 0, 1_050)], 1_020, 1_049, 1_050) == [1.0, 1.0, 0.0]


def test_a_correction_before_any_window_reaches_the_event_replaces_the_first_label():
    assert rates([label(1_000, 1, 1_010), label(1_000, 0, 1_015)], 1_020) == [0.0]


def test_of_two_labels_given_in_one_second_the_larger_counts():
    assert rates([label(1_000, 1, 1_050), label(1_000, 0, 1_050)], 1_050) == [1.0]


def test_a_correction_may_move_the_event_in_time():
    moved = label(1_000, 1, 1_060, timestamp=1_030)
    assert rates([label(1_000, 1, 1_020), label(1_010, 0, 1_030), moved], 1_045, 1_060) == [0.5, 0.5]
    assert rates([label(1_000, 1, 1_020), label(1_010, 0, 1_030), moved], 1_085) == [0.5]
    assert rates([label(1_000, 1, 1_020), label(1_010, 0, 1_030)], 1_085) == [0.0]


@st.composite
def given_labels(draw):
    """Labels of one customer's and one shop's events, late, repeated and corrected."""
    drawn = draw(
        st.lists(
            st.tuples(st.integers(1_000, 1_060), st.integers(0, 1), st.integers(0, 120), st.sampled_from("cd")),
            max_size=20,
        )
    )
    return [label(of, value, of + after, customer_id=key) for of, value, after, key in drawn]


@given(given_labels())
def test_every_point_sees_what_a_state_fed_in_the_order_of_availability_sees(labels):
    points = events(*range(1_000, 1_200, 7))
    table = pd.DataFrame(labels, columns=["event_id", "timestamp", "customer_id", "shop_id", "returned", "labelled_at"])
    frame = training_frame(USECASE, points, table)
    for row in frame.to_dict("records"):
        states = {name: FEATURES.new_state(name, "labels") for name in FEATURES.entities("labels")}
        for it in sorted(labels, key=lambda it: it["labelled_at"]):
            for name, state in states.items():
                if it["labelled_at"] <= row["timestamp"] and it[USECASE.entity(name).key] == row[f"{name}_id"]:
                    state.fold(
                        timestamp=it["timestamp"],
                        event_id=it["event_id"],
                        value=it["returned"],
                        labelled_at=it["labelled_at"],
                    )
        vector = FEATURES.vector(EVENT | row, {name: [state] for name, state in states.items()})
        assert {name: row[name] for name in NAMES} == pytest.approx(
            {name: np.nan if vector[name] is None else vector[name] for name in NAMES}, nan_ok=True, rel=1e-12
        )


def test_the_target_is_the_last_label_known_and_rows_without_one_are_left_out():
    frame = training_frame(USECASE, events(1_000, 1_001, 1_002))
    labels = pd.DataFrame([label(1_000, 1, 1_030), label(1_000, 0, 1_020), label(1_001, 1, 1_041)])
    known = labelled(USECASE, frame, labels, known_until=1_040)
    assert known[["event_id", "label"]].to_numpy().tolist() == [["e01000", 1]]
    assert known["label"].dtype == np.int8
    assert labelled(USECASE, frame, labels, known_until=1_041)["event_id"].tolist() == ["e01000", "e01001"]
    assert labelled(USECASE, frame, labels, known_until=1_025)["label"].tolist() == [0]


def test_neither_repeated_labels_nor_repeated_events_add_rows():
    frame = training_frame(USECASE, events(1_000, 1_000))
    labels = pd.DataFrame([label(1_000, 1, 1_030), label(1_000, 1, 1_030), label(1_000, 1, 1_031)])
    assert labelled(USECASE, frame, labels, known_until=2_000)["label"].tolist() == [1, 1]


def test_without_labels_nothing_is_left():
    frame = training_frame(USECASE, events(1_000))
    labels = pd.DataFrame([label(1_000, 1, 1_030)]).iloc[:0]
    assert labelled(USECASE, frame, labels, known_until=2_000).empty


def test_a_label_that_is_missing_is_none_and_one_that_is_no_truth_is_refused():
    frame = training_frame(USECASE, events(1_000))
    assert labelled(USECASE, frame, pd.DataFrame([label(1_000, None, 1_030)]), known_until=2_000).empty
    with pytest.raises(RejectedError, match="returned: is neither 0 nor 1"):
        labelled(USECASE, frame, pd.DataFrame([label(1_000, 2, 1_030)]), known_until=2_000)


def test_a_time_that_is_missing_is_refused():
    labels = pd.DataFrame([label(1_000, 1, 1_030), label(1_001, 1, None)])
    with pytest.raises(RejectedError, match="labelled_at: is missing in some rows"):
        training_frame(USECASE, events(1_000), labels)
