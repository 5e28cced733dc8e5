"""What the columnar kernel takes: times of either kind, ids and keys of any type, labels with or without a time."""

import numpy as np
import pandas as pd
import pytest
from columnar_tables import POINT, event_table, label_table
from window_cases import USECASE, shop

from headrace.usecase import Window
from headrace.windows_columnar import entity_states, training_frame


def test_entities_without_windows_get_no_states():
    usecase = shop(Window(entity="shop", function="count", lengths=("1d",)))
    found = list(
        entity_states(
            usecase, event_table([POINT]), label_table([POINT | {"returned": 1, "labelled_at": 1_500}]), 2_000
        )
    )
    assert [it[:3] for it in found] == [("shop", "s", "events")]


def test_events_with_one_id_twice_both_count_for_both():
    frame = training_frame(USECASE, event_table([POINT, POINT]), None)
    assert frame["count_r1s_d0s_10s"].tolist() == [2, 2]


def test_without_labels_label_windows_are_empty():
    frame = training_frame(USECASE, event_table([POINT]))
    assert frame["returned_customer_count_r1s_d20s_10s"].tolist() == [0]
    assert frame["returned_customer_mean_r1s_d20s_10s"].isna().all()


def test_labels_without_a_time_are_given_after_the_usual_delay():
    events = event_table([POINT])
    labels = label_table([POINT | {"returned": 1, "labelled_at": 0}]).drop(columns="labelled_at")
    sources = [it.source for it in entity_states(USECASE, events, labels, 1_020)]
    assert set(sources) == {"events"}
    assert "labels" in {it.source for it in entity_states(USECASE, events, labels, 1_021)}


@pytest.mark.parametrize(
    "times",
    [
        pd.to_datetime([1_000_900, 1_002_000], unit="ms"),
        pd.to_datetime([1_000_900, 1_002_000], unit="ms", utc=True).tz_convert("Asia/Tokyo"),
        [1_000, 1_002],
    ],
)
def test_times_may_be_seconds_or_datetimes(times):
    events = event_table([POINT, POINT | {"event_id": "b"}]).assign(timestamp=times)
    frame = training_frame(USECASE, events)
    assert frame["timestamp"].tolist() == [1_000, 1_002]
    assert frame["timestamp"].dtype == np.int64


def test_every_feature_is_a_double_in_the_use_cases_order():
    frame = training_frame(USECASE, event_table([POINT | {"tip": None}]))
    assert list(frame) == ["event_id", "timestamp", "customer_id", "shop_id", *USECASE.feature_names]
    assert set(frame[list(USECASE.feature_names)].dtypes) == {np.dtype("float64")}
    assert frame["tip"].isna().all()


def test_numeric_ids_and_keys_become_text():
    events = event_table([POINT | {"event_id": 7, "customer_id": 12}])
    frame = training_frame(USECASE, events)
    assert frame[["event_id", "customer_id"]].to_numpy().tolist() == [["7", "12"]]
