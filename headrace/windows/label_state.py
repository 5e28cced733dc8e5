"""The state of one entity's labels: the last label of every labelled event within reach, so a correction replaces it.

Labels are not bucketed: a bucket could not forget a label that is corrected. Ids are kept as 64-bit hashes.
"""

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from headrace.windows.columns import BYTES, HASHES, SECONDS, Numbers, insert
from headrace.windows.layout import Layout, Track

Label = tuple[int, int, int, int]
"""Event time, hash of the event id, time of the label, value."""


def id_hash(event_id: str) -> int:
    """The hash under which a label remembers its event."""
    return int.from_bytes(hashlib.blake2b(event_id.encode(), digest_size=8).digest(), "big")


def precedence(label: Label) -> tuple[int, int, int]:
    """Of two labels of one event the greater counts: given later, of a later event time, of the larger value."""
    timestamp, _, labelled_at, value = label
    return labelled_at, timestamp, value


class LabelState:
    """Window state of labels. Mutable; one owner at a time. Columns run parallel, ascending by (time, id)."""

    __slots__ = ("ids", "labelled", "layout", "times", "values")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.times: Numbers = array(SECONDS)
        self.ids: Numbers = array(HASHES)
        self.labelled: Numbers = array(SECONDS)
        self.values: Numbers = array(BYTES)

    @property
    def newest(self) -> int | None:
        """The time of the newest labelled event, in seconds."""
        return self.times[-1] if self.times else None

    def fold(self, *, timestamp: int, event_id: str, value: int, labelled_at: int) -> bool:
        """Add or correct the label of one event; the one given last wins, in whatever order they come.

        Two labels of one event given in the same second: the later event time, then the larger value wins.

        Args:
            timestamp: the labelled event's time in seconds.
            event_id: the labelled event's id.
            value: the label, 0 or 1.
            labelled_at: when the label was given, in seconds.

        Returns:
            Whether the state changed.
        """
        return self.put((timestamp, id_hash(event_id), labelled_at, value))

    def put(self, label: Label) -> bool:
        """Add or correct one label whose event id is already hashed. Returns whether the state changed."""
        if not self.layout.tracks:
            return False
        timestamp, event, labelled_at, value = label
        if event in self.ids:
            index = self.ids.index(event)
            held = (self.times[index], event, self.labelled[index], self.values[index])
            if precedence(held) >= precedence(label):
                return False
            for numbers in (self.times, self.ids, self.labelled, self.values):
                del numbers[index]
        index = bisect_left(self.times, timestamp)
        while index < len(self.times) and self.times[index] == timestamp and self.ids[index] < event:
            index += 1
        self.times = insert(self.times, index, timestamp)
        self.labelled = insert(self.labelled, index, labelled_at)
        self.ids.insert(index, event)
        self.values.insert(index, value)
        self.prune()
        return True

    def entries(self) -> list[Label]:
        """Every label held, ascending by (time, id)."""
        return list(zip(self.times, self.ids, self.labelled, self.values, strict=True))

    def set(self, labels: Sequence[Label]) -> None:
        """Hold exactly these labels, ascending by (time, id), one per event, as far as windows reach."""
        self.times = array(SECONDS, (label[0] for label in labels))
        self.ids = array(HASHES, (label[1] for label in labels))
        self.labelled = array(SECONDS, (label[2] for label in labels))
        self.values = array(BYTES, (label[3] for label in labels))
        self.prune()

    def prune(self, newest: int | None = None) -> None:
        """Drop labels that no window can reach, seen from the newest labelled event (or a later time)."""
        newest = max(filter(None, (newest, self.newest)), default=0)
        stale = bisect_right(self.times, newest - self.layout.retention_s)
        if stale:
            for numbers in (self.times, self.ids, self.labelled, self.values):
                del numbers[:stale]

    def ranges(self, track: Track, timestamp: int) -> list[tuple[int, int]]:
        """The range of labels that every span of a track covers at a time in seconds. Label windows are delayed."""
        times, resolution, found = self.times, track.resolution_s, []
        for span in track.spans:
            until = timestamp - span.delay_s
            first = bisect_left(times, ((until - span.length_s) // resolution + 1) * resolution)
            found.append((first, bisect_left(times, (until + 1) // resolution * resolution)))
        return found
