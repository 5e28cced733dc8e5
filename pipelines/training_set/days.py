"""Days as whole numbers since the epoch (UTC), the unit in which the training set is built and kept."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

DAY_S = 86_400
_EPOCH = date(1970, 1, 1)


def day_of(timestamp: int) -> int:
    """The day that a time in seconds falls on."""
    return timestamp // DAY_S


def iso(day: int) -> str:
    """``YYYY-MM-DD``."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def parse(text: str) -> int:
    """A day from ``YYYY-MM-DD``.

    Raises:
        ValueError: if it is none.
    """
    return (date.fromisoformat(text) - _EPOCH).days


def today() -> int:
    """The current day in UTC."""
    return day_of(int(datetime.now(UTC).timestamp()))


def stretches(days: Iterable[int], *, longest: int) -> Iterator[tuple[int, int]]:
    """Ascending days as inclusive stretches (first, last) without gaps, none longer than ``longest``."""
    first = last = None
    for day in sorted(days):
        if first is None or last is None:
            first = last = day
        elif day == last + 1 and day - first < longest:
            last = day
        else:
            yield first, last
            first = last = day
    if first is not None and last is not None:
        yield first, last
