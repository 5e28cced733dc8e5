"""What the columnar half of a window function is made of: a look that features share, and a value for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from headrace.windows_columnar.columns import Floats, Integers
from headrace.windows_columnar.ranges import Points, Ranges
from headrace.windows_columnar.reductions import Reduction, reduce_ranges
from headrace.windows_columnar.rows import Rows

Look = Callable[[Rows, Points, str | None, Sequence[Ranges]], Sequence[Any]]
"""From the rows, the points and the field to one finding per window, given the ranges of all windows at once."""


@dataclass(frozen=True, kw_only=True)
class ColumnarFunction:
    """One window function over whole columns, equal to the scalar one.

    Attributes:
        look: what is done once for all windows over one field whose functions have this very look.
        value: from a window's finding to one value per point; NaN (or anything not finite) is missing.
        of_labels: per point, from how many labels there are and how many of them are 1 to the value; NaN is missing.
            None if it cannot look at labels.
    """

    look: Look
    value: Callable[[Any], Floats]
    of_labels: Callable[[Integers, Integers], Floats] | None = None


class Covered(NamedTuple):
    """The finding of functions that share nothing: what one window covers."""

    rows: Rows
    at: Points
    over: str | None
    range: Ranges


def alone(rows: Rows, at: Points, over: str | None, ranges: Sequence[Ranges]) -> Sequence[Covered]:
    """Every window for itself."""
    return [Covered(rows, at, over, it) for it in ranges]


def reduced(reduction: Reduction) -> Look:
    """An associative aggregate of a field's numbers: a window's finding is the aggregate's parts."""
    return lambda rows, _, over, ranges: reduce_ranges(reduction, rows.floats(str(over)), ranges)
