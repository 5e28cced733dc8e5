"""One column, counted: rows, what is missing, of what type the values are, and how they are distributed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from headrace.drift.numbers import Numbers
from headrace.drift.texts import Texts

Kind = Literal["number", "time", "text", "empty"]
InferredType = Literal["Integral", "Fractional", "String", "Unknown"]
_TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_WHOLE_BELOW = 2.0**63
_NUMBERS = {int, float, bool, type(None)}
_TEXTS = {str, type(None)}
_NUMERIC = (bool, int, float, np.number, np.bool_)


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """Counts of one column; those of parts add up.

    Attributes:
        rows: all of them.
        missing: without a value: null or NaN.
        integral: numbers without a fraction.
        infinite: numbers without end; they are present, and in no distribution.
        moments: points in time, in epoch seconds among the numbers.
        numbers: the distribution of finite numbers.
        texts: the distribution of texts.
    """

    rows: int = 0
    missing: int = 0
    integral: int = 0
    infinite: int = 0
    moments: int = 0
    numbers: Numbers = field(default_factory=Numbers)
    texts: Texts = field(default_factory=Texts)

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> "Column":
        """Count an array of shape (n,): numbers, booleans, times, texts, or objects of any of these.

        NaN, NaT and None are missing; booleans are 0 and 1; any other object is its text.
        """
        if values.dtype.kind == "f":
            return cls._of_floats(values.astype(np.float64, copy=False))
        if values.dtype.kind in "iub":
            return cls(rows=len(values), integral=len(values), numbers=Numbers.of(values.astype(np.float64)))
        if values.dtype.kind in "Mm":
            return cls._of_times(values)
        return cls.of_objects(values.tolist())

    @classmethod
    def of_counts(cls, counts: Counter[str], *, missing: int = 0) -> "Column":
        """Of texts, by how often each occurs, and rows without one."""
        texts = Texts.of(counts)
        return cls(rows=texts.count + missing, missing=missing, texts=texts)

    @classmethod
    def of_objects(cls, values: Sequence[object]) -> "Column":
        """Of a mixture of numbers, booleans, texts, None and whatever else, which counts as its text."""
        kinds = set(map(type, values))
        if kinds <= _NUMBERS and not _too_large(values, kinds):
            floats = np.array(values, dtype=np.float64)
            return cls._of_floats(floats)
        if kinds <= _TEXTS:
            counts = Counter(values)
            missing = counts.pop(None, 0)
            return cls.of_counts(cast("Counter[str]", counts), missing=missing)
        numbers = [_float(it) for it in values if isinstance(it, _NUMERIC)]
        texts = Counter(str(it) for it in values if it is not None and not isinstance(it, _NUMERIC))
        missing = len(values) - len(numbers) - texts.total()
        return cls._of_floats(np.array(numbers, dtype=np.float64)).merge(cls.of_counts(texts, missing=missing))

    @classmethod
    def _of_floats(cls, values: npt.NDArray[np.float64]) -> "Column":
        finite = np.isfinite(values)
        known = values if finite.all() else values[finite]
        missing = int(np.isnan(values).sum()) if len(known) < len(values) else 0
        return cls(
            rows=len(values),
            missing=missing,
            infinite=len(values) - len(known) - missing,
            integral=int(np.count_nonzero(known == np.rint(known))),
            numbers=Numbers.of(known),
        )

    @classmethod
    def _of_times(cls, values: npt.NDArray[Any]) -> "Column":
        unit = np.datetime_data(values.dtype)[0]
        if unit not in _TICKS:  # days, months, generic
            unit, values = "s", values.astype(values.dtype.str[:2] + "8[s]")
        known = values[~np.isnat(values)].astype(np.int64) / _TICKS[unit]
        column = cls._of_floats(known.astype(np.float64))
        missing = len(values) - len(known)
        return cls(
            rows=len(values), missing=missing, integral=column.integral, moments=len(known), numbers=column.numbers
        )

    @classmethod
    def without(cls, rows: int) -> "Column":
        """Rows of a part that does not have the column."""
        return cls(rows=rows, missing=rows)

    def merge(self, other: "Column") -> "Column":
        """Of both parts."""
        return Column(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            integral=self.integral + other.integral,
            infinite=self.infinite + other.infinite,
            moments=self.moments + other.moments,
            numbers=self.numbers.merge(other.numbers),
            texts=self.texts.merge(other.texts),
        )

    @property
    def present(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    @property
    def completeness(self) -> float:
        """The share of rows with a value; 1 if there are no rows."""
        return self.present / self.rows if self.rows else 1.0

    @property
    def kind(self) -> Kind:
        """What most of the values are."""
        if not self.present:
            return "empty"
        if self.texts.count > self.numbers.count + self.infinite:
            return "text"
        return "time" if 2 * self.moments > self.present else "number"

    @property
    def inferred_type(self) -> InferredType:
        """The type in Model Monitor's words; numbers are integral only if all of them are."""
        if not self.present:
            return "Unknown"
        if self.kind == "text":
            return "String"
        return "Integral" if self.integral == self.numbers.count and not self.infinite else "Fractional"

    @property
    def identifies(self) -> bool:
        """Whether the values name rows rather than describe them: whole numbers or texts, nearly all different."""
        if self.present < _ENOUGH_TO_TELL or self.kind == "time":
            return False
        if self.kind == "text":
            return self.texts.distinct.count > _IDENTIFYING * self.texts.count
        return self.inferred_type == "Integral" and self.numbers.distinct.count > _IDENTIFYING * self.numbers.count


_ENOUGH_TO_TELL = 1_000
_IDENTIFYING = 0.85
"""The estimate of distinct values is off by 3 %."""


def _too_large(values: Sequence[object], kinds: set[type]) -> bool:
    """Whether an integer among them has no double."""
    return int in kinds and max(abs(it) for it in values if type(it) is int) >= _WHOLE_BELOW


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer that no double holds
        return np.inf if value > 0 else -np.inf
