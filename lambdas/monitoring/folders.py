"""Keys below folders of hours, ``yyyy/mm/dd/hh/``, day by day: one listing a day, whatever the hours."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

_DAY_S, _HOUR_S = 86_400, 3_600


def hours(keys: Callable[[str], Sequence[str]], place: str, start: int, end: int) -> list[str]:
    """Every key of the hours that begin from ``start`` up to, not including, ``end``.

    Args:
        keys: lists the keys below a prefix.
        place: the folder of the years, with its slash.
        start, end: epoch seconds.
    """
    found: list[str] = []
    for day in range(start - start % _DAY_S, end, _DAY_S):
        prefix = f"{place}{datetime.fromtimestamp(day, UTC):%Y/%m/%d}/"
        for key in keys(prefix):
            hour = key.removeprefix(prefix).partition("/")[0]
            if hour.isdigit() and start <= day + int(hour) * _HOUR_S < end:
                found.append(key)
    return found
