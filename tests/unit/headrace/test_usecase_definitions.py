"""What a use case says of itself: names of windows, durations, the partitioning entity, the known ones."""

import pytest
from window_cases import USECASE

import usecases
from headrace import duration
from headrace.errors import UseCaseError
from headrace.usecase import (
    Entity,
    Window,
)


def test_a_window_is_named_after_what_it_aggregates_and_its_lengths():
    window = Window(entity="customer", function="mean", over="amount", lengths=("1d", "36h"), delay="7d", fill=0.0)
    assert [feature.name for feature in window.features] == ["customer_amount_mean_1d", "customer_amount_mean_36h"]
    assert [(it.length_s, it.delay_s, it.resolution_s, it.fill) for it in window.features] == [
        (86_400, 604_800, 1, 0.0),
        (129_600, 604_800, 1, 0.0),
    ]


def test_the_first_entity_partitions_the_stream():
    assert USECASE.primary == USECASE.entity("customer")
    with pytest.raises(KeyError):
        USECASE.entity("planet")
    with pytest.raises(KeyError):
        USECASE.event.field("colour")


def test_every_use_case_loads_and_has_the_name_of_its_file():
    assert [usecases.load(name).name for name in usecases.names()] == list(usecases.names())


def test_an_unknown_use_case_is_answered_with_the_known_ones():
    with pytest.raises(UseCaseError, match=f"no use case 'chess'; use one of {usecases.names()[0]}"):
        usecases.load("chess")


def test_the_fraud_features_hold_the_handbooks_and_more_of_the_same_events():
    names = usecases.load("fraud").feature_names
    of_each_length = ("customer_count", "customer_amount_mean", "terminal_count", "terminal_fraud_rate")
    assert names[:3] == ("amount", "is_weekend", "is_night")
    assert set(names) > {f"{name}_{days}d" for name in of_each_length for days in (1, 7, 30)}
    assert len(names) == 44


@pytest.mark.parametrize(("text", "expected"), [("0s", 0), ("90s", 90), ("15m", 900), ("6h", 21_600), ("7d", 604_800)])
def test_durations_are_read_in_seconds(text, expected):
    assert duration.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "1.5h", "7 d", "-1d", "7w", "1d2h", "1d\n"])
def test_what_is_no_duration_is_said_so(text):
    with pytest.raises(ValueError, match="is not a duration; write a whole number"):
        duration.seconds(text)


def test_a_snapshots_cadence_is_known_in_seconds():
    assert Entity(name="shop", key="shop_id", snapshot="1d").snapshot_s == 86_400
    assert Entity(name="shop", key="shop_id").snapshot_s is None
