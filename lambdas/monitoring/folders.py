"""Keys below folders of hours, day by day: one listing a day, whatever the hours."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

_DAY_S, _HOUR_S = 86_400, 3_600


def hours(keys: Callable[[str], Sequence[str]], place: str, start: int, end: int) -> list[str]:
    """Every key in ``yyyy/mm/dd/hh/`` of the hours that begin from ``start`` up to, not including, ``end``.

    Args:
        keys: lists the keys below a prefix.
        place: the folder of the years, with its slash.
        start, end: epoch seconds.
    """
    return _between(keys, f"{place}%Y/%m/%d/", start, end)


def partitions(keys: Callable[[str], Sequence[str]], place: str, start: int, end: int) -> list[str]:
    """The same of ``dt=yyyy-mm-dd/hh=hh/``, as Firehose names the hours of a table."""
    return _between(keys, f"{place}dt=%Y-%m-%d/", start, end, named="hh=")


def _between(keys: Callable[[str], Sequence[str]], days: str, start: int, end: int, *, named: str = "") -> list[str]:
    found: list[str] = []
    for day in range(start - start % _DAY_S, end, _DAY_S):
        prefix = datetime.fromtimestamp(day, UTC).strftime(days)
        for key in keys(prefix):
            hour = key.removeprefix(prefix).partition("/")[0].removeprefix(named)
            if hour.isdigit() and start <= day + int(hour) * _HOUR_S < end:
                found.append(key)
    return found
