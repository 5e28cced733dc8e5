"""The state of one entity's events, as one stream shard has seen them.

The newest events are kept one by one, in the order of time and id and with their ids; an event that is pushed out of
them joins its bucket. So order within the newest bucket is exact, and a reader can tell whether an event is folded.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from headrace.windows.aggregates import row_of
from headrace.windows.layout import Layout
from headrace.windows.track_state import TrackState


class EventState:
    """Window state of events. Mutable; one owner at a time."""

    __slots__ = ("ids", "layout", "tracks")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.ids: list[str] = []
        self.tracks = [TrackState(track) for track in layout.tracks]

    @property
    def coarse(self) -> bool:
        """Whether a track outgrew ``max_buckets`` and is now coarser than the use case asked."""
        return any(track.width_s != track.plan.resolution_s for track in self.tracks)

    @property
    def newest(self) -> int | None:
        """The time of the newest event, in seconds."""
        return self.tracks[0].times[-1] if self.ids else None

    def contains(self, event_id: str) -> bool:
        """Whether the id is among the newest events (an older one is not remembered)."""
        return event_id in self.ids

    def fold(
        self, *, timestamp: int, event_id: str, values: Mapping[str, float | None], drop_duplicates: bool = False
    ) -> bool:
        """Add one event, in whatever order events come.

        Args:
            timestamp: event time in seconds.
            event_id: its id; orders events of one second, as text.
            values: the retained fields' values (others are ignored); None or absence means no value.
            drop_duplicates: ignore the event if its id is among the newest.

        Returns:
            False if the event was dropped as a duplicate.
        """
        if drop_duplicates and event_id in self.ids:
            return False
        if self.tracks:
            self._add(timestamp, event_id, [row_of(track.plan.columns, values) for track in self.tracks])
        return True

    def _add(self, timestamp: int, event_id: str, rows: Sequence[Sequence[float]]) -> None:
        ids, position = self.ids, self.position(timestamp, event_id)
        full = len(ids) >= self.layout.newest
        late = full and not position
        for track, row in zip(self.tracks, rows, strict=True):
            body = len(track.times) - len(ids)
            if late:
                track.add_to_body(timestamp, row, body=body)
                continue
            track.insert(body + position, timestamp, row)
            if full:
                track.seal(body)
        if not late:
            ids.insert(position, event_id)
            if full:
                del ids[0]
        self.prune()

    def position(self, timestamp: int, event_id: str) -> int:
        """How many events of the tail are ordered at or before (timestamp, event id)."""
        ids = self.ids
        if not ids:
            return 0
        times = self.tracks[0].times
        if (timestamp, event_id) >= (times[-1], ids[-1]):
            return len(ids)
        body = len(times) - len(ids)
        position = bisect_left(times, timestamp, body)
        while times[position] == timestamp and ids[position - body] <= event_id:
            position += 1
        return position - body

    def prune(self, newest: int | None = None) -> None:
        """Drop what no window can reach, seen from the newest event (or a later time), and bound every track."""
        newest = max(filter(None, (newest, self.newest)), default=0)
        for track in self.tracks:
            body = len(track.times) - len(self.ids)
            body -= track.prune(newest, body=body)
            width = track.width_s
            while body > self.layout.max_buckets:
                width *= 2
                body = track.coarsen(width, body=body)

    def tail(self) -> list[tuple[int, str, list[list[float]]]]:
        """The newest events, ascending: time, id and one row per track."""
        times, first = self.tracks[0].times if self.tracks else [], -len(self.ids)
        return [
            (times[index], self.ids[index], [[column[index] for column in track.columns] for track in self.tracks])
            for index in range(first, 0)
        ]
