"""What the scenarios of card fraud are for: each moves what it says and leaves the rest."""

import numpy as np
import pandas as pd
import pytest

from simulators.fraud import DAY_S, NIGHT_S, PRICES, SALE_FACTOR, WEEKEND_FACTOR, simulate

START = 1_767_571_200
"""A Monday."""
SINCE = START + 14 * DAY_S
ROUNDED = 0.00501
"""Amounts have two decimals, before the change as after."""


def world(scenario: str) -> pd.DataFrame:
    return simulate(start=START, days=28, per_day=1_000, seed=5, scenario=scenario, since=SINCE)


@pytest.fixture(scope="module")
def usual() -> pd.DataFrame:
    return world("usual")


def mean_amounts(frame: pd.DataFrame) -> pd.Series:
    """By day."""
    means: pd.Series = frame.groupby((frame["timestamp"] - START) // DAY_S)["amount"].mean()
    return means


def test_after_a_change_of_concept_all_fraud_is_small_and_at_night(usual: pd.DataFrame) -> None:
    changed = world("concept")
    fraud = changed[(changed["timestamp"] >= SINCE) & (changed["fraud"] == 1)]
    assert len(fraud) > 200
    assert (fraud["timestamp"] % DAY_S < NIGHT_S).all()
    assert fraud["amount"].max() < usual["amount"].quantile(0.5)


def test_a_change_of_concept_hardly_moves_what_is_seen_of_purchases(usual: pd.DataFrame) -> None:
    after = usual["timestamp"] >= SINCE
    changed = world("concept")
    shares = [
        np.histogram(it.loc[after, "amount"], bins=[0, 5, 20, 40, 80, 160, np.inf])[0] / after.sum()
        for it in (usual, changed)
    ]
    assert np.abs(shares[0] - shares[1]).max() < 0.03


def test_prices_rise_for_honest_people_and_thieves_alike(usual: pd.DataFrame) -> None:
    after, dear = usual["timestamp"] >= SINCE, world("covariate")
    assert dear.loc[after, "amount"].to_numpy() == pytest.approx(
        usual.loc[after, "amount"] * PRICES, abs=ROUNDED * (1 + PRICES)
    )
    assert (dear["fraud"] == usual["fraud"]).all()


def test_an_upstream_break_is_a_hundredfold(usual: pd.DataFrame) -> None:
    after, cents = usual["timestamp"] >= SINCE, world("upstream-break")
    assert cents.loc[after, "amount"].to_numpy() == pytest.approx(
        usual.loc[after, "amount"] * 100, abs=ROUNDED * (1 + 100)
    )


def test_a_season_comes_back_every_weekend(usual: pd.DataFrame) -> None:
    factors = (mean_amounts(world("seasonal")) / mean_amounts(usual)).to_numpy().reshape(4, 7)
    assert factors[:, :5] == pytest.approx(1)
    assert factors[:, 5:] == pytest.approx(WEEKEND_FACTOR, abs=0.01)


def test_a_flash_sale_lasts_one_day(usual: pd.DataFrame) -> None:
    factors = (mean_amounts(world("flash-sale")) / mean_amounts(usual)).to_numpy()
    assert factors[14] == pytest.approx(SALE_FACTOR, abs=0.01)
    assert np.delete(factors, 14) == pytest.approx(1)
