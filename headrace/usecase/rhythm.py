"""Months of a monitor: they are not of one length, so their windows are counted by the calendar, UTC."""

from datetime import UTC, datetime, timedelta


def month_before(moment: float) -> tuple[int, int]:
    """The newest month that is over at a moment: its begin and its end, epoch seconds."""
    this = datetime.fromtimestamp(moment, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = (this - timedelta(days=1)).replace(day=1)
    return int(last.timestamp()), int(this.timestamp())
