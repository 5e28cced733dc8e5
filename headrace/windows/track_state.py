"""One resolution of an entity's events: an ascending list of buckets (the body), then the newest events (the tail).

The tail's entries are single events at their own time, so a query is one range of the list, whatever the resolution.
Which events form the tail is the business of ``event_state``.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from headrace.windows.aggregates import combine
from headrace.windows.layout import Span, Track


class TrackState:
    """Ascending times (bucket starts, then event times) and one list per column."""

    __slots__ = ("columns", "plan", "times", "width_s")

    def __init__(self, plan: Track) -> None:
        self.plan = plan
        self.width_s = plan.resolution_s
        self.times: list[int] = []
        self.columns: list[list[float]] = [[] for _ in plan.columns]

    def insert(self, index: int, timestamp: int, row: Sequence[float]) -> None:
        """Put one entry before ``index``."""
        self.times.insert(index, timestamp)
        for column, value in zip(self.columns, row, strict=True):
            column.insert(index, value)

    def add_to_body(self, timestamp: int, row: Sequence[float], *, body: int) -> None:
        """Add one event to its bucket among the first ``body`` entries."""
        start = timestamp // self.width_s * self.width_s
        index = bisect_left(self.times, start, 0, body)
        if index < body and self.times[index] == start:
            merged = combine(self.plan.columns, [column[index] for column in self.columns], row)
            for column, value in zip(self.columns, merged, strict=True):
                column[index] = value
        else:
            self.insert(index, start, row)

    def seal(self, body: int) -> None:
        """Turn the first entry of the tail into (a part of) a bucket; the body has ``body`` entries before."""
        times, timestamp = self.times, self.times[body]
        start = timestamp // self.width_s * self.width_s
        if not body or times[body - 1] != start:
            times[body] = start
            return
        row = [column.pop(body) for column in self.columns]
        del times[body]
        self.add_to_body(timestamp, row, body=body)

    def prune(self, newest: int, *, body: int) -> int:
        """Drop buckets that no window can reach any more.

        Returns:
            How many entries the body lost.
        """
        oldest = newest - self.plan.retention_s
        if not body or self.times[0] > oldest:
            return 0
        stale = bisect_right(self.times, oldest, 0, body)
        del self.times[:stale]
        for column in self.columns:
            del column[:stale]
        return stale

    def entries(self, *, until: int) -> list[tuple[int, list[float]]]:
        """The first ``until`` entries: time and one number per column."""
        return [(self.times[index], [column[index] for column in self.columns]) for index in range(until)]

    def add_all(self, entries: Iterable[tuple[int, Sequence[float]]]) -> int:
        """Add buckets or events to a track without tail. Returns how many buckets it has then."""
        for timestamp, row in entries:
            self.add_to_body(timestamp, row, body=len(self.times))
        return len(self.times)

    def coarsen(self, width_s: int, *, body: int) -> int:
        """Regroup the first ``body`` entries into buckets of ``width_s`` seconds.

        Returns:
            How many buckets there are afterwards.
        """
        regrouped = TrackState(self.plan)
        regrouped.width_s = self.width_s = width_s
        buckets = regrouped.add_all(self.entries(until=body))
        self.times[:body] = regrouped.times
        for column, values in zip(self.columns, regrouped.columns, strict=True):
            column[:body] = values
        return buckets

    def bounds(self, span: Span, timestamp: int, *, body: int, ordered: int) -> tuple[int, int]:
        """The range of entries that a span covers at a time.

        Args:
            span: length and delay.
            timestamp: the time of evaluation, in seconds.
            body: how many entries are buckets.
            ordered: how many entries are ordered at or before the evaluated event.
        """
        times, resolution, until = self.times, self.plan.resolution_s, timestamp - span.delay_s
        first = bisect_left(times, ((until - span.length_s) // resolution + 1) * resolution)
        if not span.delay_s:
            return first, max(first, ordered if ordered > body else bisect_right(times, timestamp, 0, body))
        last = bisect_left(times, (until + 1) // resolution * resolution)
        if self.width_s != resolution:
            ended = bisect_left(times, (until + 1) // self.width_s * self.width_s, 0, body)
            last = ended if ended < body else last
        return first, max(first, last)
