"""The layout of one entity's state: which columns at which resolution, kept for how long, read by which features.

Features of one resolution share a track; windows of one length and delay share a span. What a packed state depends on
is written down in the layout's description, so that old states can be read when the use case has moved on.
"""

import hashlib
import json
import sys
from dataclasses import field
from struct import Struct
from typing import Any, TypeAlias

from headrace.errors import StateError
from headrace.frozen import dataclass
from headrace.usecase import Source
from headrace.window_functions.function import ColumnKind
from headrace.windows.aggregates import Column, Combine, combiner
from headrace.windows.contributions import CALENDAR, Contribute, contributor

NEWEST = 16
"""How many of an entity's newest events a state keeps one by one, with their ids.

They decide ties within a second, tell what came after an event within its bucket, and let a request see whether its
event is already folded. An id costs its length in every write, and 16 covers more than a request can race with.
"""
REMEMBERED = 64
"""How many the primary entity's state keeps where copies are dropped: an id is recognized while it is among them."""
MAX_BUCKETS = 4_096
"""The most buckets a track may hold before its resolution is halved."""
MAX_CELLS = 32_768
"""The most numbers a state may hold before a track's resolution is halved: 256 KB, as an item must stay below 400."""
MAX_LABELS = 16_384
"""The most labels a state may hold before the oldest are dropped: 272 KB."""
_CELLS: dict[ColumnKind, int] = {"hashes": 1, "bins": 2}
"""How many arrays of cells the ragged columns have, next to that of their sizes."""


# Plain tuples, which are taken apart quicker than named ones.
Aggregate: TypeAlias = tuple[str, Any, "float | None"]
"""One feature: its name, its reading (see ``headrace.window_functions``), and its value over an empty window."""
Span: TypeAlias = tuple[int, int, bool, tuple[Aggregate, ...]]
"""The features of one length and delay that treat the evaluated event alike: how far back they begin in seconds, which
of the track's ends they end at, and whether the event itself counts."""


@dataclass(frozen=True)
class Track:
    """The columns of one resolution, kept for ``retention_s`` behind the newest event.

    ``ends`` are the distinct distances in seconds from the evaluated time back to where windows end, each with whether
    the evaluated event counts. ``contribute`` turns an event into a row, ``combine`` two rows into one.
    """

    resolution_s: int
    retention_s: int
    columns: tuple[Column, ...]
    ends: tuple[tuple[int, bool], ...] = ()
    spans: tuple[Span, ...] = ()
    heeds_event: bool = True
    """Whether any feature depends on the evaluated event itself; delayed windows do not, unless they compare."""
    contribute: Contribute = field(init=False, repr=False, compare=False)
    combine: Combine = field(init=False, repr=False, compare=False)
    sized_by: tuple[int | None, ...] = field(init=False, repr=False, compare=False)
    """Per array of the packed track, which array says how many numbers each entry has in it; None: each has one."""
    even: bool = field(init=False, repr=False, compare=False)
    """Whether every entry has one number in every column."""

    def __post_init__(self) -> None:
        sized_by: list[int | None] = [None]
        for column in self.columns:
            sized_by += (None, *[len(sized_by)] * _CELLS.get(column.kind, 0))
        object.__setattr__(self, "sized_by", tuple(sized_by))
        object.__setattr__(self, "even", not any(sized_by))
        object.__setattr__(self, "contribute", contributor(self.columns))
        object.__setattr__(self, "combine", combiner(self.columns))


@dataclass(frozen=True)
class Layout:
    """Everything that a state of one entity and source keeps. Without tracks nothing is kept."""

    entity: str
    source: Source
    tracks: tuple[Track, ...]
    newest: int = NEWEST
    max_buckets: int = MAX_BUCKETS
    max_cells: int = MAX_CELLS
    max_labels: int = MAX_LABELS
    description: str = field(init=False)
    """What packed states depend on, as compact JSON; ``layout_of`` reads it."""
    fingerprint: bytes = field(init=False)
    """Four bytes that tell states of different descriptions apart."""
    head: Struct = field(init=False, repr=False, compare=False)
    """How a packed event state begins."""
    roomy: int = field(init=False, repr=False, compare=False)
    """Up to so many entries a track cannot have outgrown a bound."""
    names: tuple[str, ...] = field(init=False)
    """The features, in the order in which they are evaluated."""

    def __post_init__(self) -> None:
        description = _describe(self)
        features = (name for track in self.tracks for *_, group in track.spans for name, _, _ in group)
        object.__setattr__(self, "description", description)
        object.__setattr__(self, "fingerprint", hashlib.blake2b(description.encode(), digest_size=4).digest())
        heads = "".join(f"II{len(track.sized_by)}s" for track in self.tracks)
        object.__setattr__(self, "head", Struct(f"<B4sII{heads}"))
        object.__setattr__(self, "roomy", _roomy(self))
        object.__setattr__(self, "names", tuple(features))

    @property
    def retention_s(self) -> int:
        """How far back the state reaches behind its newest event, in seconds; 0 without tracks."""
        return max((track.retention_s for track in self.tracks), default=0)

    @property
    def fields(self) -> tuple[str, ...]:
        """The event fields whose values are folded."""
        names = (column.field for track in self.tracks for column in track.columns)
        return tuple(dict.fromkeys(name for name in names if name is not None and name not in CALENDAR))


def _roomy(layout: Layout) -> int:
    if not all(track.even for track in layout.tracks):
        return 0
    widest = max((1 + len(track.columns) for track in layout.tracks), default=1)
    return min(layout.max_buckets, layout.max_cells // max(1, len(layout.tracks)) // widest)


def layout_of(description: str) -> Layout:
    """The layout that a description tells of: able to unpack and merge its states, but without features.

    Args:
        description: the ``description`` of a layout.

    Raises:
        StateError: if the text is no description of a layout, or one of a machine with another order of bytes.
    """
    try:
        told = json.loads(description)
        tracks = tuple(
            Track(it["resolution_s"], it["retention_s"], tuple(_column(column) for column in it["columns"]))
            for it in told["tracks"]
        )
        layout = Layout(told["entity"], told["source"], tracks, told["newest"])
    except (ValueError, KeyError, TypeError) as exc:
        raise StateError("the description of a layout cannot be read: give the text that the layout has") from exc
    if layout.description != description:
        raise StateError("the description is of another version or order of bytes: rebuild its states from the lake")
    return layout


def _describe(layout: Layout) -> str:
    told = {
        "entity": layout.entity,
        "source": layout.source,
        "newest": layout.newest,
        "bytes": sys.byteorder,
        "tracks": [
            {
                "resolution_s": track.resolution_s,
                "retention_s": track.retention_s,
                "columns": [_told(column) for column in track.columns],
            }
            for track in layout.tracks
        ],
    }
    return json.dumps(told, separators=(",", ":"))


def _told(column: Column) -> dict[str, Any]:
    told = {"kind": column.kind, "field": column.field, "type": column.type, "allowed": column.allowed}
    return {name: it for name, it in told.items() if it}


def _column(told: dict[str, Any]) -> Column:
    return Column(told["kind"], told.get("field"), told.get("type"), tuple(told.get("allowed", ())))
