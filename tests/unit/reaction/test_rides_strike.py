"""Rides: a column that has drifted by more than .3 in three windows in a row is trained away; weather never is."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
import pytest
from watched_days import Decided, days_of, decided

import usecases
from headrace.drift import Summary, summarize

DAYS, PER_DAY = 20, 4_032
USECASE = usecases.load("rides")


def seen(rows: pd.DataFrame) -> Summary:
    per_driver = rows["requests"].to_numpy() / np.maximum(1, rows["drivers"].to_numpy())
    weather = {name: rows[name].to_numpy().astype(np.float64) for name in ("temperature", "rain_mm")}
    return summarize({"requests_per_driver": per_driver, **weather})


@cache
def world(scenario: str) -> Mapping[int, Summary]:
    """What was seen on each day."""
    return days_of(USECASE, scenario, days=DAYS, per_day=PER_DAY, seen=seen)


def reacted(scenario: str) -> list[Decided]:
    """What is decided about each day after the change, and how far its columns had moved."""
    return list(decided(USECASE, world(scenario), source=scenario))


def test_a_strike_is_told_at_once_and_trained_away_in_its_third_window() -> None:
    strike = reacted("strike")
    assert all(moved["requests_per_driver"] > 0.3 for _, moved in strike[:3])
    assert [decision.action for decision, _ in strike[:3]] == ["notify", "notify", "retrain"]
    assert "requests_per_driver" in strike[2][0].reason
    assert "for 3 windows" in strike[2][0].reason


def test_a_strike_of_two_windows_trains_nothing() -> None:
    assert "retrain" not in [decision.action for decision, _ in reacted("strike")[:2]]


@pytest.mark.parametrize("scenario", ["usual", "cold"])
def test_weather_moves_by_itself_and_is_no_reason_to_learn_anew(scenario: str) -> None:
    assert "retrain" not in [decision.action for decision, _ in reacted(scenario)]


def test_cold_moves_the_temperature_far_enough_to_train_if_it_counted() -> None:
    assert all(moved["temperature"] > 0.3 for _, moved in reacted("cold")[:3])
