"""The state of one entity's labels: the last label of every labelled event within reach, so a correction replaces it.

Labels are not bucketed: a bucket could not forget a label that is corrected. Ids are kept as 64-bit hashes. Of a key
that has more labels than the layout allows the oldest are dropped, and the state says so.
"""

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from headrace.windows.columns import LONG_HASHES, SECONDS, Numbers, insert, seconds
from headrace.windows.layout import Layout
from headrace.windows.packed_arrays import Packed, unpack

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

    __slots__ = ("_ids", "_labelled", "dropped", "latest", "layout", "packed", "partial", "times", "values")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.partial = False
        """Whether labels that a window can reach are missing, because the layout is newer than they are."""
        self.packed: Packed | None = None
        """Where ``ids`` and ``labelled`` still lie; None if they are unpacked. To count labels takes neither."""
        self.times: Numbers = array(SECONDS)
        self._ids: Numbers = array(LONG_HASHES)
        self._labelled: Numbers = array(SECONDS)
        self.values = bytearray()
        self.latest = 0
        """No label was given after this second."""
        self.dropped = -1
        """The event time of the newest label that was dropped though a window could reach it; -1 if there is none."""

    @property
    def ids(self) -> Numbers:
        """Per label the hash of its event's id."""
        self._unpack()
        return self._ids

    @ids.setter
    def ids(self, ids: Numbers) -> None:
        self._unpack()
        self._ids = ids

    @property
    def labelled(self) -> Numbers:
        """Per label when it was given."""
        self._unpack()
        return self._labelled

    @labelled.setter
    def labelled(self, labelled: Numbers) -> None:
        self._unpack()
        self._labelled = labelled

    def _unpack(self) -> None:
        if self.packed is not None:
            (_, self._ids, self._labelled, _), _ = unpack(*self.packed)
            self.packed = None

    @property
    def newest(self) -> int | None:
        """The time of the newest labelled event, in seconds."""
        return self.times[-1] if self.times else None

    @property
    def coarse(self) -> bool:
        """Whether labels within reach of a window were dropped, because there were too many."""
        return self.dropped >= max(0, (self.newest or 0) - self.layout.retention_s + 1)

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
            self._delete(slice(index, index + 1))
        index = bisect_left(self.times, timestamp)
        while index < len(self.times) and self.times[index] == timestamp and self.ids[index] < event:
            index += 1
        self.times = insert(self.times, index, timestamp, length=len(self.times))
        self.labelled = insert(self.labelled, index, labelled_at, length=len(self.labelled))
        self.ids.insert(index, event)
        self.values.insert(index, value)
        self.latest = max(self.latest, labelled_at)
        self.prune()
        return True

    def entries(self) -> list[Label]:
        """Every label held, ascending by (time, id)."""
        return list(zip(self.times, self.ids, self.labelled, self.values, strict=True))

    def set(self, labels: Sequence[Label]) -> None:
        """Hold exactly these labels, ascending by (time, id), one per event, as far as windows reach."""
        self.times = seconds(label[0] for label in labels)
        self.labelled = seconds(label[2] for label in labels)
        self.ids = array(LONG_HASHES, (label[1] for label in labels))
        self.values = bytearray(label[3] for label in labels)
        self.latest = max(self.labelled, default=0)
        self.prune()

    def visible(self, timestamp: int) -> "LabelState":
        """This state without the labels that were given after a time in seconds; itself if there are none."""
        if self.latest <= timestamp:
            return self
        seen = LabelState(self.layout)
        seen.set([label for label in self.entries() if label[2] <= timestamp])
        return seen

    def prune(self, newest: int | None = None) -> None:
        """Drop labels that no window can reach, seen from the newest labelled event (or a later time), and the oldest
        if there are too many."""
        newest = max(newest or 0, self.newest or 0)
        stale = bisect_right(self.times, newest - self.layout.retention_s)
        excess = len(self.times) - self.layout.max_labels
        if excess > stale:
            self.dropped = max(self.dropped, self.times[excess - 1])
            stale = excess
        if stale:
            self._delete(slice(0, stale))

    def _delete(self, entries: slice) -> None:
        for numbers in (self.times, self.ids, self.labelled, self.values):
            del numbers[entries]
