"""Like with like: rows of the same hours of the week, so that a Monday is not held against a Sunday."""

from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.usecase.season import Season

__all__ = ["NO_WINDOW", "Season", "slots", "window_starts"]
_HOUR_S = 3_600
NO_WINDOW = np.iinfo(np.int64).min
_THURSDAY = 3
"""The first day of 1970, Monday being 0."""


def slots(times: npt.NDArray[Any], season: Season) -> npt.NDArray[np.int64]:
    """The slot of the season that each moment falls into (UTC), shape (n,); -1 where there is no moment.

    Args:
        times: epoch seconds, NaN where missing, or ``datetime64``; shape (n,).
        season: which slots there are: 24, 7 or 168, Monday first.
    """
    seconds = _seconds(times)
    known = np.isfinite(seconds)
    hours = np.floor(np.where(known, seconds, 0) / _HOUR_S).astype(np.int64)
    day = (hours // 24 + _THURSDAY) % 7
    found = {"hour_of_day": hours % 24, "day_of_week": day, "hour_of_week": day * 24 + hours % 24}[season]
    return np.where(known, found, -1)


def window_starts(times: npt.NDArray[Any], length_s: int) -> npt.NDArray[np.int64]:
    """When the window of each moment began, epoch seconds, shape (n,); ``NO_WINDOW`` where there is no moment.

    Args:
        times: as for ``slots``.
        length_s: of a window, seconds.
    """
    seconds = _seconds(times)
    known = np.isfinite(seconds)
    starts = np.floor(np.where(known, seconds, 0) / length_s).astype(np.int64) * length_s
    return np.where(known, starts, NO_WINDOW)


def _seconds(times: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Epoch seconds, NaN where there is no moment."""
    if times.dtype.kind == "M":
        return np.where(np.isnat(times), np.nan, times.astype("datetime64[us]").astype(np.int64) / 1e6)
    return times.astype(np.float64)
