"""A table, counted once: what a monitor keeps of millions of rows. Summaries of parts merge into that of the whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy.typing as npt

from headrace.drift.aligned import Pair
from headrace.drift.column import Column
from headrace.errors import RejectedError


@dataclass(frozen=True, kw_only=True, eq=False)
class Summary:
    """Counts of every column of a table, in the order of its columns."""

    rows: int = 0
    columns: Mapping[str, Column] = field(default_factory=dict)

    def merge(self, other: "Summary") -> "Summary":
        """Of both parts. A column that one part does not have is missing in all of that part's rows."""
        if not self.columns or not other.columns:
            return self if self.columns else other
        names = dict.fromkeys([*self.columns, *other.columns])
        return Summary(
            rows=self.rows + other.rows,
            columns={
                name: self.columns.get(name, Column.without(self.rows)).merge(
                    other.columns.get(name, Column.without(other.rows))
                )
                for name in names
            },
        )

    def only(self, names: Iterable[str]) -> "Summary":
        """Some of the columns, those that are there."""
        wanted = set(names)
        return Summary(rows=self.rows, columns={name: it for name, it in self.columns.items() if name in wanted})


def summarize(columns: Mapping[str, npt.NDArray[Any]]) -> Summary:
    """Count a table, or a part of one.

    Args:
        columns: values by name, each of shape (n,): numbers, booleans, times (``datetime64``), texts or objects.
            NaN, NaT and None are missing.

    Raises:
        RejectedError: if columns are not equally long.
    """
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise RejectedError(f"columns have {sorted(lengths)} rows; give every column of a table the same length")
    return Summary(rows=max(lengths, default=0), columns={name: Column.of(values) for name, values in columns.items()})


def merged(parts: Iterable[Summary]) -> Summary:
    """The summary of all parts together; that of nothing if there are none."""
    return reduce(Summary.merge, parts, Summary())


def noise(quiet: Sequence[Summary]) -> dict[str, float]:
    """How far columns move while nothing is wrong: the largest Kolmogorov-Smirnov or L-infinity distance of neighbours.

    Args:
        quiet: summaries of undrifted windows, as long as those that will be compared, in order of time.
    """
    found: dict[str, float] = {}
    for before, after in pairwise(quiet):
        for name in before.columns.keys() & after.columns.keys():
            if pair := Pair.of(before.columns[name], after.columns[name]):
                found[name] = max(found.get(name, 0.0), pair.largest_gap)
    return found
