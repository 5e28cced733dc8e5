"""The events of one entity kind as its windows read them: sorted by entity, time and id, with columns on demand."""

from functools import cached_property
from typing import cast, get_args

import numpy as np
import pandas as pd

from headrace.usecase import CalendarPart, UseCase
from headrace.window_functions.sketches import hash_of
from headrace.windows_columnar.columns import Booleans, Floats, Integers, calendar_part, floats, hashes
from headrace.windows_columnar.ranges import Timeline


class Rows:
    """Ordered events and their columns; numbers, which many features share, are read once."""

    def __init__(self, usecase: UseCase, table: pd.DataFrame, line: Timeline) -> None:
        self._usecase = usecase
        self._table = table
        self._floats: dict[str, Floats] = {}
        self.line = line

    @cached_property
    def keys(self) -> Integers:
        """Entity and time in one ascending number."""
        return self.line.keys

    def floats(self, over: str) -> Floats:
        """A field or calendar part as float64; missing is NaN."""
        if over not in self._floats:
            if over in get_args(CalendarPart):
                self._floats[over] = calendar_part(self.line.times, cast(CalendarPart, over))
            else:
                column = floats(self._table, self._usecase.event.field(over))
                self._floats[over] = column[self.line.rows] + 0.0  # -0.0 becomes 0.0
        return self._floats[over]

    def hashes(self, over: str) -> Integers:
        """The hash of every value of a field or calendar part; missing is ``MISSING_HASH``."""
        if over in get_args(CalendarPart):
            values, which = np.unique(self.floats(over), return_inverse=True)
            return np.array([hash_of(float(value), "number") for value in values], dtype=np.int64)[which]
        return hashes(self._table, self._usecase.event.field(over))[self.line.rows]


def counted_before(known: Booleans) -> Integers:
    """How many known rows precede each row; one longer than the rows. Maps ranges of rows to ranges of known rows."""
    before = np.zeros(len(known) + 1, dtype=np.int64)
    np.cumsum(known, out=before[1:])
    return before
