"""What every window function is made of.

A reading takes the columns of a track; the entries of a range, from ``first`` up to, not including, ``last``; per
column the entries of events that lie elsewhere (by another shard's state, or by none yet, as those of the evaluated
event); and the point of evaluation. None as a value means that the window holds none, or that it is not finite.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from headrace.frozen import dataclass

ColumnKind = Literal["count", "sum", "min", "max", "deviation", "oldest", "newest", "last", "last_at", "hashes", "bins"]
"""What a bucket can keep: see ``headrace.windows.aggregates``."""
Taken = Literal["nothing", "numbers", "codes", "values"]
Row: TypeAlias = Sequence[Any]
"""One entry of a track, a bucket or a single event: per column a number, a tuple of hashes or a tuple of bins."""
Columns: TypeAlias = Sequence[Any]
More: TypeAlias = Sequence[Sequence[Any]] | None
Point: TypeAlias = tuple[int, Row | None]
"""Where a window is evaluated: the time in seconds and, if known, what the event there contributes itself."""
Read: TypeAlias = Callable[[Columns, int, int, More, Point], float | None]
ReadLabels: TypeAlias = Callable[[int, int], float | None]


@dataclass(frozen=True, kw_only=True)
class WindowFunction:
    """A window function as use cases name it, and as streams and requests compute it.

    Attributes:
        name: what ``Window.function`` says, and ``headrace.windows_columnar.functions`` computes by.
        takes: what it looks at: ``nothing`` but the events themselves, a field of ``numbers`` (or a part of the
            calendar), of numbers or texts by their place among the allowed ones (``codes``), or of any ``values``,
            which it compares and never computes with.
        keeps: what a bucket keeps for it. ``count`` counts events that have a value of the field.
        reading: from where these columns are in the track, in that order, to the reading of a range. The two most
            common ones need none, because a track's first column counts events: None stands for their count, and a
            number for the mean of that column over all of them. Called once per feature and process.
        of_nothing: its value over an empty window; None if it is missing there, unless the use case names a fill.
        of_labels: from how many labels there are and how many of them are 1 to its value; None if it cannot look at
            labels.
        coarsest_s: the coarsest resolution, in seconds, at which buckets still tell its value; None: any.
        looks_back: it would say nothing if the evaluated event itself counted, so that never does.
        compares: its value depends on the evaluated event although that does not count.
    """

    name: str
    takes: Taken
    keeps: tuple[ColumnKind, ...]
    reading: Callable[..., Read | int | None]
    of_nothing: float | None = None
    of_labels: ReadLabels | None = None
    coarsest_s: int | None = None
    looks_back: bool = False
    compares: bool = False
