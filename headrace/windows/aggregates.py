"""What a bucket keeps of its events, and how two buckets become one.

Which columns a window function needs is its own to say (``headrace.window_functions``).
"""

import math
from array import array
from collections.abc import Callable, Sequence
from operator import add
from typing import Any, TypeAlias

from headrace.frozen import dataclass
from headrace.usecase import Field, FieldType
from headrace.window_functions import FUNCTIONS
from headrace.window_functions.function import ColumnKind, Row
from headrace.window_functions.sketches import KEPT
from headrace.windows.columns import BYTES, DOUBLES, ONES, SECONDS, Counts
from headrace.windows.ragged import BinColumn, Bins, HashColumn, Hashes

Cells: TypeAlias = "Counts | HashColumn | BinColumn"
"""One column of a track as it lies in memory."""
Combine: TypeAlias = Callable[[Row, Row], Row]


@dataclass(frozen=True)
class Column:
    """What a bucket keeps of one field.

    ``count`` without a field counts events; with a field, events that have it. ``deviation`` is the sum of squared
    deviations from the bucket's own mean, so that a standard deviation never comes from a difference of large sums.
    ``oldest`` and ``newest`` are event times; ``newest`` with a field is that of the newest event where it is neither
    false nor 0, and 0 if there is none. ``last`` is the value of the latest second that has one (of several in
    it the largest; NaN if there is none) and ``last_at`` that second. ``hashes`` are the smallest distinct hashes, for
    which ``type`` says how values become text. ``allowed`` are the texts whose positions ``last`` holds.
    """

    kind: ColumnKind
    field: str | None = None
    type: FieldType | None = None
    allowed: tuple[str, ...] = ()

    def empty(self) -> Cells:
        """A new column without entries."""
        if self.kind == "hashes":
            return HashColumn()
        if self.kind == "bins":
            return BinColumn()
        if self.kind == "count":
            return ONES if self.field is None else array(BYTES)
        return array(SECONDS if self.kind in ("oldest", "newest", "last_at") else DOUBLES)


def columns_of(function: str, over: str | None, field: Field | None) -> tuple[Column, ...]:
    """The columns a function needs, in the order in which its reading takes them.

    Args:
        function: the window function.
        over: the aggregated field or calendar part; None for functions of the events themselves.
        field: the event's field of that name; None for parts of the calendar.
    """
    return tuple(_column(kind, over, field) for kind in FUNCTIONS[function].keeps)


def _column(kind: ColumnKind, over: str | None, field: Field | None) -> Column:
    if kind == "count":  # a value that every event has is counted by the events
        return Column(kind, over if field is not None and not field.required else None)
    if kind == "hashes":
        return Column(kind, over, type="number" if field is None else field.type)
    if kind in ("last", "last_at") and field is not None:
        return Column(kind, over, allowed=field.allowed)
    return Column(kind, over)


def combiner(columns: Sequence[Column]) -> Combine:
    """How two entries with these columns become one."""
    steps = [_step(columns, index) for index in range(len(columns))]
    return lambda left, right: [step(left, right) for step in steps]


_Step: TypeAlias = Callable[[Row, Row], Any]


def _step(columns: Sequence[Column], at: int) -> _Step:
    kind = columns[at].kind
    if kind == "deviation":
        return _deviation(columns, at)
    if kind in ("last", "last_at"):
        return _later(columns, at)
    join = _JOINS[kind]
    return lambda left, right: join(left[at], right[at])


def _deviation(columns: Sequence[Column], at: int) -> _Step:
    """Squared deviations, and what the distance of two means adds to them (Chan, Golub and LeVeque, 1983)."""
    sums = columns.index(Column("sum", columns[at].field))
    own = Column("count", columns[at].field)
    counts = columns.index(own if own in columns else Column("count"))

    def step(left: Row, right: Row) -> float:
        n, m, apart = left[counts], right[counts], left[at] + right[at]
        if not n or not m:
            return float(apart)
        distance = left[sums] / n - right[sums] / m
        return float(apart + distance * distance * (n * m / (n + m)))

    return step


def _later(columns: Sequence[Column], at: int) -> _Step:
    """Of two entries that have a value the later, of the same second the larger."""
    field, allowed = columns[at].field, columns[at].allowed
    times, values = (columns.index(Column(kind, field, allowed=allowed)) for kind in ("last_at", "last"))

    def step(left: Row, right: Row) -> Any:
        if math.isnan(left[values]) or math.isnan(right[values]):
            has = right if math.isnan(left[values]) else left
        else:
            has = max(left, right, key=lambda row: (row[times], row[values]))
        return has[at]

    return step


def _united(left: Hashes, right: Hashes) -> Hashes:
    return tuple(sorted({*left, *right})[:KEPT])


def _added(left: Bins, right: Bins) -> Bins:
    counts = dict(left)
    for number, count in right:
        counts[number] = counts.get(number, 0) + count
    return tuple(sorted(counts.items()))


_JOINS: dict[ColumnKind, Callable[[Any, Any], Any]] = {
    "count": add,
    "sum": add,
    "min": min,
    "max": max,
    "oldest": min,
    "newest": max,
    "hashes": _united,
    "bins": _added,
}
