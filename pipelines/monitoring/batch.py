"""Some rows of a table, whoever read them: what of them is counted, and when they happened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headrace.drift import Column
from headrace.drift.cells import column_of_cells
from headrace.errors import RejectedError
from headrace.schema import parse_timestamp


class NoTimesError(ValueError):
    """A column holds no times."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some rows as lists of values, as lines of JSON hold them; see ``arrow_tables`` for others.

    Attributes:
        rows: how many.
        arrays: values by column, each of this many rows.
        unreadable: lines before and among these rows that could not be read.
        repeated: answers that are not among these rows, because their event had been answered before.
        answers: columns that a captured answer gave.
        answered_at: when each row was answered, ISO 8601, empty where unknown; nothing where nobody was asked.
    """

    rows: int
    arrays: Mapping[str, Any]
    unreadable: int = 0
    repeated: int = 0
    answers: frozenset[str] = frozenset()
    answered_at: Sequence[str] = ()

    def column(self, name: str) -> Column:
        """One column, counted."""
        values = self.arrays[name]
        if set(map(type, values)) <= {str, type(None)}:
            known = Counter(it.encode("utf-8", "backslashreplace").decode() for it in values if it is not None)
            return column_of_cells(known, missing=values.count(None), numbers=False)
        return Column.of_objects(values)

    def only(self, inside: np.ndarray) -> "Batch":
        """The rows where ``inside``, of shape (rows,), is true, and nothing that was counted beside them."""
        chosen = inside.tolist()
        arrays = {
            name: [it for it, kept in zip(values, chosen, strict=True) if kept] for name, values in self.arrays.items()
        }
        at = [it for it, kept in zip(self.answered_at, chosen, strict=True) if kept] if self.answered_at else ()
        return replace(self, rows=int(inside.sum()), arrays=arrays, unreadable=0, repeated=0, answered_at=at)

    def answer_times(self) -> np.ndarray:
        """When each row was answered: epoch seconds, NaN where unknown, shape (rows,).

        Raises:
            NoTimesError: if nobody was asked for these rows.
        """
        if len(self.answered_at) != self.rows:
            raise NoTimesError("rows of a table have no times of answers")
        return np.array([_seconds(it or None) for it in self.answered_at], dtype=np.float64)

    def times(self, name: str) -> np.ndarray:
        """A column as moments: epoch seconds, NaN where missing, or ``datetime64``; shape (rows,).

        Raises:
            NoTimesError: if it holds something else.
        """
        return np.array([_seconds(it) for it in self.arrays[name]], dtype=np.float64)

    def values(self, name: str) -> list[object]:
        """One column as a list."""
        return list(self.arrays[name])


def _seconds(value: object) -> float:
    if value is None:
        return float("nan")
    try:
        return float(value)  # type: ignore[arg-type] # whatever is no number is tried as a text
    except (TypeError, ValueError):
        pass
    try:
        return float(parse_timestamp(str(value), field="time"))
    except RejectedError as exc:
        raise NoTimesError(str(exc)) from exc
