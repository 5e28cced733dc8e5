"""The state of one entity's events, as one stream shard has seen them.

The newest events are kept one by one, in the order of time and id and with their ids; an event that is pushed out of
them joins its bucket. So order within the newest bucket is exact, and a reader can tell whether an event is folded.
"""

from bisect import bisect_left
from collections.abc import Sequence

from headrace.errors import StateError
from headrace.window_functions.function import Row
from headrace.windows.contributions import Event
from headrace.windows.layout import Layout
from headrace.windows.track_state import TrackState

SEPARATOR = b"\0"
"""Stands between ids, which are kept as they are packed: most events only take the oldest away and add one."""


def packed_id(event_id: str) -> bytes:
    """An id as it is kept.

    Raises:
        StateError: if it holds a NUL or half of a surrogate pair.
    """
    try:
        packed = event_id.encode()
    except UnicodeEncodeError as exc:
        raise StateError("the event cannot be folded: its id has half of a surrogate pair") from exc
    if SEPARATOR in packed:
        raise StateError("the event cannot be folded: its id holds a NUL")
    return packed


class EventState:
    """Window state of events. Mutable; one owner at a time."""

    __slots__ = ("layout", "packed_ids", "partial", "singles", "tracks")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.partial = False
        """Whether events that a window can reach are missing, because the layout is newer than they are."""
        self.singles = 0
        """How many events are kept one by one: the length of every track's tail."""
        self.packed_ids = b""
        self.tracks = [TrackState.empty(track, track.resolution_s) for track in layout.tracks]

    @property
    def ids(self) -> list[str]:
        """The ids of the newest events, in the order of time and id."""
        return [it.decode() for it in self.packed_ids.split(SEPARATOR)] if self.singles else []

    @ids.setter
    def ids(self, ids: Sequence[str]) -> None:
        self.singles = len(ids)
        self.packed_ids = SEPARATOR.join(it.encode() for it in ids)

    @property
    def coarse(self) -> bool:
        """Whether a track outgrew its bounds and is now coarser than the use case asked."""
        for track in self.tracks:  # noqa: SIM110  # asked of every written state: a generator would cost more
            if track.width_s != track.plan.resolution_s:
                return True
        return False

    @property
    def newest(self) -> int | None:
        """The time of the newest event, in seconds."""
        return self.tracks[0].times[-1] if self.singles else None

    def contains(self, event_id: str) -> bool:
        """Whether the id is among the newest events (an older one is not remembered)."""
        return event_id in self.ids

    def may_hold(self, place: tuple[int, str], track: TrackState) -> bool:
        """Whether an event of that time and id, had it been folded, would still be in a track."""
        timestamp, event_id = place
        reach = track.times[-1] - track.plan.retention_s if track.times else timestamp
        return timestamp // track.width_s * track.width_s > reach or event_id in self.ids

    def fold(self, *, timestamp: int, event_id: str, values: Event, drop_duplicates: bool = False) -> bool:
        """Add one event, in whatever order events come.

        Args:
            timestamp: event time in seconds.
            event_id: its id; orders events of one second, as text.
            values: the retained fields' values (others are ignored); None or absence means no value.
            drop_duplicates: ignore the event if its id is among the newest.

        Returns:
            False if the event was dropped as a duplicate.

        Raises:
            StateError: if the id holds a NUL or half of a surrogate pair.
            OverflowError: if the time is before 1970.
        """
        if drop_duplicates and event_id in self.ids:
            return False
        self.add(timestamp, event_id, values)
        return True

    def add(self, timestamp: int, event_id: str, values: Event) -> None:
        """Add one event, whether or not it is a copy. Takes and raises what ``fold`` does."""
        if not self.tracks:
            return
        packed = packed_id(event_id)
        if self.singles < self.layout.newest or timestamp <= self.tracks[0].times[-1]:
            self._insert(timestamp, event_id, values)
            return
        # The usual case: the event is the newest of a state that is full.
        for track in self.tracks:
            track.append(timestamp, track.plan.contribute(values, timestamp))
        self.settle(timestamp, packed)

    def settle(self, timestamp: int, packed: bytes) -> None:
        """Make a full state of one to which the newest event was just appended, in every track."""
        singles, roomy, crowded = self.singles, self.layout.roomy, False
        for track in self.tracks:
            track.settle(timestamp, singles)
            if len(track.times) > roomy:
                crowded = True
        kept = self.packed_ids.partition(SEPARATOR)[2] + SEPARATOR if singles > 1 else b""
        self.packed_ids = kept + packed
        if crowded:
            self.prune()

    def _insert(self, timestamp: int, event_id: str, values: Event) -> None:
        """Add an event to a state that is not full, or one that is not the newest."""
        ids, (_, position) = self.ids, self.positions((timestamp, event_id))
        full = len(ids) >= self.layout.newest
        # The tail of an upgraded state may be short: what is older than it belongs among the buckets all the same.
        late = not position and (full or any(len(track.times) > len(ids) for track in self.tracks))
        for track in self.tracks:
            row, body = track.plan.contribute(values, timestamp), len(track.times) - len(ids)
            if late:
                track.add_to_body(timestamp, row, body=body)
                continue
            track.insert(body + position, timestamp, row)
            if full:
                track.seal(body)
        if not late:
            ids.insert(position, event_id)
            self.ids = ids[1:] if full else ids
        self.prune()

    def positions(self, place: tuple[int, str]) -> tuple[int, int]:
        """How many events of the tail are ordered before, and at or before, a time and event id."""
        timestamp, event_id = place
        tail = self.singles
        if not tail:
            return 0, 0
        times = self.tracks[0].times
        if timestamp > times[-1]:
            return tail, tail
        ids, body = self.ids, len(times) - tail
        before = bisect_left(times, timestamp, body) - body
        while before < tail and times[body + before] == timestamp and ids[before] < event_id:
            before += 1
        through = before
        while through < tail and times[body + through] == timestamp and ids[through] == event_id:
            through += 1
        return before, through

    def prune(self, newest: int | None = None) -> None:
        """Drop what no window can reach, seen from the newest event (or a later time), and bound every track."""
        newest = max(newest or 0, self.newest or 0)
        layout = self.layout
        for track in self.tracks:
            body = len(track.times) - self.singles
            body -= track.prune(newest, body=body)
            while body > layout.max_buckets or (body > 1 and track.cells > layout.max_cells // len(self.tracks)):
                body = track.coarsen(track.width_s * 2, body=body)

    def tail(self) -> list[tuple[int, str, list[Row]]]:
        """The newest events, ascending: time, id and one row per track."""
        per_track = [track.entries(len(track.times) - self.singles, len(track.times)) for track in self.tracks]
        return [
            (rows[0][0], event_id, [row for _, row in rows])
            for event_id, *rows in zip(self.ids, *per_track, strict=True)
        ]
