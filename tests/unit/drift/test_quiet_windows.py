"""Quiet windows say what is normal for a window: a Sunday is no drift of two months, and a dearer Sunday is."""

import numpy as np

from headrace.drift import Settings, Summary, compare, merged, summarize
from headrace.drift.unrest import unrest

DAYS, ROWS = 21, 1_000


def day(number: int, *, factor: float = 1.0) -> Summary:
    rng = np.random.default_rng(number)
    weekend = np.full(ROWS, float(number % 7 >= 5))
    return summarize({"amount": factor * rng.lognormal(3, 1, ROWS), "is_weekend": weekend})


def test_a_weekend_is_no_drift_once_quiet_days_were_seen() -> None:
    days = [day(number) for number in range(DAYS)]
    whole = merged(days)
    sunday = day(27)
    assert compare(whole, sunday).drifted == ("is_weekend",)
    settled = Settings(noise=unrest(whole, days))
    assert compare(whole, sunday, settled).drifted == ()
    assert compare(whole, day(27, factor=1.5), settled).drifted == ("amount",)


def test_cut_windows_and_too_few_say_nothing() -> None:
    days = [day(number) for number in range(2)]
    assert unrest(merged(days), days) == {}
    assert unrest(Summary(), []) == {}
    cut = summarize({"amount": np.array([1e6] * 3)})
    days = [day(number) for number in range(DAYS)]
    assert unrest(merged(days), [*days, cut])["amount"] < 0.1
