"""Like with like: rows of the same hours of the week, so that a Monday is not held against a Sunday."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Season = Literal["hour_of_day", "day_of_week", "hour_of_week"]
_HOUR_S = 3_600
_THURSDAY = 3
"""The first day of 1970, Monday being 0."""


def slots(times: npt.NDArray[Any], season: Season) -> npt.NDArray[np.int64]:
    """The slot of the season that each moment falls into (UTC), shape (n,); -1 where there is no moment.

    Args:
        times: epoch seconds, NaN where missing, or ``datetime64``; shape (n,).
        season: which slots there are: 24, 7 or 168, Monday first.
    """
    if times.dtype.kind == "M":
        seconds = np.where(np.isnat(times), np.nan, times.astype("datetime64[us]").astype(np.int64) / 1e6)
    else:
        seconds = times.astype(np.float64)
    known = np.isfinite(seconds)
    hours = np.floor(np.where(known, seconds, 0) / _HOUR_S).astype(np.int64)
    day = (hours // 24 + _THURSDAY) % 7
    found = {"hour_of_day": hours % 24, "day_of_week": day, "hour_of_week": day * 24 + hours % 24}[season]
    return np.where(known, found, -1)
