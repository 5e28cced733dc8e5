"""A feature over days carries one odd day for as long as it remembers: that is no change that lasts."""

from dataclasses import replace

import pytest
from reaction_cases import USECASE, actions, react, window

FAR, NEAR = 0.4, 0.2


def days(first: int, last: int, distance: float, *names: str) -> list[dict[str, float]]:
    return [dict.fromkeys(names, distance) for _ in range(first, last + 1)]


def decided(*distances: dict[str, float]) -> list[str]:
    return actions(*(window(number, it) for number, it in enumerate(distances, 1)))


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("amount", 0),
        ("hour", 0),
        ("customer_amount_max_7d", 7 * 86_400),
        ("customer_before_mean_30d", 30 * 86_400),
        ("terminal_frauds_old", 28 * 86_400),
        ("mean_3d_to_before", 30 * 86_400),
        ("unknown", 0),
    ],
)
def test_a_feature_remembers_as_long_as_its_longest_window(name: str, seconds: int) -> None:
    assert USECASE.remembered_s(name) == seconds


@pytest.mark.parametrize("distance", [FAR, NEAR])
def test_a_sale_of_one_day_is_told_once_although_features_remember_it_for_a_week(distance: float) -> None:
    sale = days(1, 1, distance, "amount", "customer_amount_max_7d", "customer_amount_mean_7d")
    week = days(2, 8, distance, "customer_amount_max_7d", "customer_amount_mean_7d")
    assert decided(*sale, *week, {}) == ["notify", *["ignore"] * 8]


def test_a_feature_that_stays_away_longer_than_it_remembers_is_trained_on() -> None:
    found = decided(*days(1, 12, FAR, "customer_amount_max_7d"))
    assert found[0] == "notify"
    assert found.index("retrain") == 7 + USECASE.reaction.persistence - 1
    assert set(found[1:7]) == {"ignore"}


def test_a_feature_of_a_month_has_room_to_last_within_what_is_remembered_of_windows() -> None:
    assert "retrain" in decided(*days(1, 24, FAR, "customer_before_mean_30d"))


def test_a_patience_beyond_what_is_remembered_of_windows_is_not_cut_short() -> None:
    patient = replace(USECASE, reaction=replace(USECASE.reaction, persistence=30))
    windows = [window(number, {"customer_before_mean_30d": FAR}) for number in range(1, 29)]
    assert "retrain" not in actions(*windows, case=patient)


def test_what_the_event_itself_says_is_believed_as_soon_as_it_lasts() -> None:
    found = decided(*days(1, 3, FAR, "amount", "customer_amount_max_7d"))
    assert found == ["notify", "notify", "retrain"]


def test_the_reason_says_how_many_windows_one_odd_one_would_fill() -> None:
    _, decisions = react(*(window(number, {"customer_amount_max_7d": FAR}) for number in range(1, 10)))
    assert "for 9 windows, 7 of them as one odd window would be" in decisions[-1].reason
