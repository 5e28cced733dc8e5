"""Simulated worlds, watched day by day by the monitor's own comparison: what the reaction makes of their inputs."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
import pytest
from reaction_cases import DAY, USECASE
from watched_days import days_of, decided

from headrace.drift import Summary, summarize

DAYS, PER_DAY = 28, 1_500


def seen(rows: pd.DataFrame) -> Summary:
    hours = (rows["timestamp"].to_numpy() % DAY // 3_600).astype(np.float64)
    return summarize({"amount": rows["amount"].to_numpy(), "hour": hours})


@cache
def world(scenario: str) -> Mapping[int, Summary]:
    """What was seen on each day: amounts, and the hour."""
    return days_of(USECASE, scenario, days=DAYS, per_day=PER_DAY, seen=seen)


def reacted(scenario: str) -> list[str]:
    """What is decided about each day after the change, from the first on."""
    return [it.decision.action for it in decided(USECASE, world(scenario), source=scenario)]


@pytest.mark.parametrize("scenario", ["none", "seasonal"])
def test_quiet_days_and_weekends_are_nothing_to_react_to(scenario: str) -> None:
    assert set(reacted(scenario)) == {"ignore"}


def test_a_sale_of_one_day_is_told_and_trains_nothing() -> None:
    actions = reacted("flash-sale")
    assert actions[0] == "notify"
    assert set(actions[1:]) == {"ignore"}


def test_amounts_in_cents_page_and_freeze_once_and_train_nothing() -> None:
    actions = reacted("upstream-break")
    assert actions[0] == "freeze"
    assert set(actions[1:]) == {"ignore"}


def test_prices_that_stay_dearer_are_told_once_and_trained_on_when_it_lasts() -> None:
    actions = reacted("covariate")
    assert actions[0] == "notify"
    assert actions.index("retrain") == 2 * USECASE.reaction.persistence - 1
    assert actions.count("notify") == 1


def test_thieves_with_new_ways_do_not_show_in_the_inputs() -> None:
    assert set(reacted("concept")) <= {"ignore", "notify"}
