"""Calendar parts of an event time, in UTC."""

from collections.abc import Callable

from headrace.usecase import CalendarPart

_DAY_S = 86_400
_HOUR_S = 3_600
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday
_SATURDAY = 5
_MORNING_S = 7 * _HOUR_S


def hour(timestamp: int) -> float:
    """The hour of the day, 0 to 23."""
    return float(timestamp % _DAY_S // _HOUR_S)


def weekday(timestamp: int) -> float:
    """The day of the week, Monday 0 to Sunday 6."""
    return float((timestamp // _DAY_S + _EPOCH_WEEKDAY) % 7)


def is_weekend(timestamp: int) -> float:
    """1 on Saturday and Sunday, else 0."""
    return 1.0 if (timestamp // _DAY_S + _EPOCH_WEEKDAY) % 7 >= _SATURDAY else 0.0


def is_night(timestamp: int) -> float:
    """1 from midnight to 6:59:59, else 0 (the Fraud Detection Handbook, chapter 3)."""
    return 1.0 if timestamp % _DAY_S < _MORNING_S else 0.0


PARTS: dict[CalendarPart, Callable[[int], float]] = {
    "is_weekend": is_weekend,
    "is_night": is_night,
    "hour": hour,
    "weekday": weekday,
}
"""Every calendar part by its name in a use case; times in seconds since the epoch."""
