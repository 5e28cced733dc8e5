"""One resolution of an entity's events: an ascending list of buckets (the body), then the newest events (the tail).

The tail's entries are single events at their own time, so a query is one range of the list, whatever the resolution.
Which events form the tail is the business of ``event_state``.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any

from headrace.window_functions.function import Row
from headrace.windows.columns import ONES, SECONDS, Numbers, insert, replace
from headrace.windows.layout import Track
from headrace.windows.ragged import Ragged


class TrackState:
    """Ascending times (bucket starts, then event times) and, in every column, what the entry at that time holds."""

    __slots__ = ("columns", "plan", "times", "width_s")

    def __init__(self, plan: Track, width_s: int, times: Numbers, columns: list[Any]) -> None:
        self.plan = plan
        self.width_s = width_s
        self.times = times
        self.columns = columns

    @classmethod
    def empty(cls, plan: Track, width_s: int) -> "TrackState":
        """A track without entries."""
        return cls(plan, width_s, array(SECONDS), [it.empty() for it in plan.columns])

    @property
    def cells(self) -> int:
        """How many numbers the track holds."""
        ragged = sum(len(column.cells) - len(self.times) for column in self.columns if isinstance(column, Ragged))
        return len(self.times) * (1 + len(self.columns)) + ragged

    def insert(self, index: int, timestamp: int, row: Row) -> None:
        """Put one entry before ``index``."""
        columns, length = self.columns, len(self.times)
        self.times = insert(self.times, index, timestamp, length=length)
        for number, value in enumerate(row):
            columns[number] = insert(columns[number], index, value, length=length)

    def append(self, timestamp: int, row: Row) -> None:
        """Put one event at the end."""
        times, columns = self.times, self.columns
        length = len(times)
        try:
            times.append(timestamp)
            for number, value in enumerate(row):
                column = columns[number]
                if column is not ONES:
                    column.append(value)
        except OverflowError:  # a number needs a wider column: undo, and take the long way
            for column in (times, *columns):
                del column[length:]
            self.insert(length, timestamp, row)

    def add_to_body(self, timestamp: int, row: Row, *, body: int) -> None:
        """Add one event or bucket to its bucket among the first ``body`` entries."""
        start = timestamp // self.width_s * self.width_s
        index = bisect_left(self.times, start, 0, body)
        if index == body or self.times[index] != start:
            self.insert(index, start, row)
            return
        columns, length = self.columns, len(self.times)
        for number, value in enumerate(self.plan.combine([column[index] for column in columns], row)):
            columns[number] = replace(columns[number], index, value, length=length)

    def settle(self, timestamp: int, tail: int) -> None:
        """After the newest event was appended: turn the first of the ``tail`` before it into a bucket, and prune."""
        times, width = self.times, self.width_s
        body = len(times) - tail - 1
        sealed = times[body]
        if width != 1 or (body and times[body - 1] == sealed):
            self.seal(body)
        if times[0] <= timestamp - self.plan.retention_s:
            self.prune(timestamp, body=len(times) - tail)

    def seal(self, body: int) -> None:
        """Turn the first entry of the tail into (a part of) a bucket; the body has ``body`` entries before."""
        times = self.times
        timestamp = times[body]
        start = timestamp // self.width_s * self.width_s
        if body and times[body - 1] == start:
            row = [column.pop(body) for column in self.columns]
            del times[body]
            self.add_to_body(timestamp, row, body=body)
        elif timestamp != start:
            times[body] = start

    def prune(self, newest: int, *, body: int) -> int:
        """Drop buckets that no window can reach any more.

        Returns:
            How many entries the body lost.
        """
        times, oldest, stale = self.times, newest - self.plan.retention_s, 0
        while stale < body and times[stale] <= oldest:
            stale += 1
        if stale:
            del times[:stale]
            for column in self.columns:
                if column is not ONES:
                    del column[:stale]
        return stale

    def entries(self, first: int, last: int) -> list[tuple[int, Row]]:
        """The entries from ``first`` up to ``last``: time and row."""
        return [(self.times[index], [column[index] for column in self.columns]) for index in range(first, last)]

    def add_all(self, entries: Iterable[tuple[int, Row]]) -> int:
        """Add buckets or events to a track without tail. Returns how many buckets it has then."""
        for timestamp, row in entries:
            self.add_to_body(timestamp, row, body=len(self.times))
        return len(self.times)

    def coarsen(self, width_s: int, *, body: int) -> int:
        """Regroup the first ``body`` entries into buckets of ``width_s`` seconds.

        Returns:
            How many buckets there are afterwards.
        """
        regrouped = TrackState.empty(self.plan, width_s)
        buckets = regrouped.add_all(self.entries(0, body))
        for timestamp, row in self.entries(body, len(self.times)):
            regrouped.append(timestamp, row)
        self.width_s, self.times, self.columns = width_s, regrouped.times, regrouped.columns
        return buckets

    def ends(self, timestamp: int, body: int, before: int, through: int) -> list[int]:
        """Per end of the track, the entry after the last that windows cover.

        Args:
            timestamp: the time of evaluation, in seconds.
            body: how many entries are buckets.
            before: how many entries of the tail are ordered before the evaluated event.
            through: how many are ordered at or before it.
        """
        times, ends = self.times, []
        for delay, current in self.plan.ends:
            if delay:
                ends.append(self._delayed_end(timestamp - delay, body))
            elif through:
                ends.append(body + (through if current else before))
            elif current:
                ends.append(bisect_right(times, timestamp, 0, body))
            else:  # which of the events of that bucket come before is forgotten, so none of them counts
                ends.append(bisect_left(times, timestamp // self.width_s * self.width_s, 0, body))
        return ends

    def _delayed_end(self, until: int, body: int) -> int:
        after, resolution, width = until + 1, self.plan.resolution_s, self.width_s
        if width == resolution == 1:
            return bisect_left(self.times, after)
        end = bisect_left(self.times, after - after % resolution)
        if width != resolution:
            ended = bisect_left(self.times, after - after % width, 0, body)
            return ended if ended < body else end
        return end
