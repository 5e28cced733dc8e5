"""One resolution of an entity's events: an ascending list of buckets (the body), then the newest events (the tail).

The tail's entries are single events at their own time, so a query is one range of the list, whatever the resolution.
Which events form the tail is the business of ``event_state``.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from headrace.windows.aggregates import combine
from headrace.windows.columns import BYTES, DOUBLES, SECONDS, Numbers, insert, replace
from headrace.windows.layout import Track


class TrackState:
    """Ascending times (bucket starts, then event times) and one number per entry in every column."""

    __slots__ = ("columns", "plan", "times", "width_s")

    def __init__(self, plan: Track) -> None:
        self.plan = plan
        self.width_s = plan.resolution_s
        self.times: Numbers = array(SECONDS)
        self.columns: list[Numbers] = [array(BYTES if it.kind == "count" else DOUBLES) for it in plan.columns]

    def insert(self, index: int, timestamp: int, row: Sequence[float]) -> None:
        """Put one entry before ``index``."""
        self.times = insert(self.times, index, timestamp)
        for number, value in enumerate(row):
            self.columns[number] = insert(self.columns[number], index, value)

    def add_to_body(self, timestamp: int, row: Sequence[float], *, body: int) -> None:
        """Add one event to its bucket among the first ``body`` entries."""
        start = timestamp // self.width_s * self.width_s
        index = bisect_left(self.times, start, 0, body)
        if index < body and self.times[index] == start:
            merged = combine(self.plan.columns, [column[index] for column in self.columns], row)
            self.columns = [replace(*it) for it in zip(self.columns, [index] * len(row), merged, strict=True)]
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
        for timestamp, row in self.entries(until=len(self.times))[body:]:
            regrouped.insert(len(regrouped.times), timestamp, row)
        self.times, self.columns = regrouped.times, regrouped.columns
        return buckets

    def ranges(self, timestamp: int, *, body: int, ordered: int) -> list[tuple[int, int]]:
        """The range of entries that every span of the track covers at a time.

        Args:
            timestamp: the time of evaluation, in seconds.
            body: how many entries are buckets.
            ordered: how many entries are ordered at or before the evaluated event.
        """
        times, resolution, found = self.times, self.plan.resolution_s, []
        for span in self.plan.spans:
            until = timestamp - span.delay_s
            first = bisect_left(times, ((until - span.length_s) // resolution + 1) * resolution)
            if not span.delay_s:
                last = ordered if ordered > body else bisect_right(times, timestamp, 0, body)
            else:
                last = bisect_left(times, (until + 1) // resolution * resolution)
                if self.width_s != resolution:
                    ended = bisect_left(times, (until + 1) // self.width_s * self.width_s, 0, body)
                    last = ended if ended < body else last
            found.append((first, last))
        return found
