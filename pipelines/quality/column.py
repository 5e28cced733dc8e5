"""What is known of one column of a training set after some of its rows; what is known of parts combines."""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from headrace.usecase import Expectation
from pipelines.quality.uniqueness import Distinct

Kind = Literal["number", "text"]
Wrong = Literal["missing", "infinite", "low", "high", "foreign"]
EXAMPLES = 5
MASKED = "(masked)"


@dataclass(frozen=True)
class Example:
    """One wrong row: its event's id, and its value as text."""

    event_id: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What to look for in a column.

    Attributes:
        name: of the column.
        kind: what its values should be.
        masked: whether its values must never be shown.
        lowest, highest: the inclusive range of its values.
        allowed: every value that may occur; empty if any may.
        distinct: whether distinct values are counted.
        required: whether a missing value is wrong, so that examples are kept.
    """

    name: str
    kind: Kind
    masked: bool = False
    lowest: float = -math.inf
    highest: float = math.inf
    allowed: tuple[str | float, ...] = ()
    distinct: bool = False
    required: bool = False

    def expecting(self, rule: Expectation) -> "Watch":
        """This and what an expectation needs to see."""
        return Watch(
            name=self.name,
            kind=self.kind,
            masked=self.masked,
            lowest=self.lowest if rule.minimum is None else max(self.lowest, rule.minimum),
            highest=self.highest if rule.maximum is None else min(self.highest, rule.maximum),
            allowed=rule.allowed or self.allowed,
            distinct=self.distinct or rule.uniqueness is not None,
            required=self.required or rule.completeness is not None,
        )


@dataclass
class Column:
    """Counts of one column. ``absent`` rows came from files without the column, ``mistyped`` from files where it has
    another type, which is named; neither has values."""

    watch: Watch
    rows: int = 0
    absent: int = 0
    mistyped: int = 0
    found_type: str = ""
    present: int = 0
    finite: int = 0
    mean: float = 0.0
    deviations: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    wrong: dict[Wrong, int] = field(default_factory=dict)
    examples: dict[Wrong, list[Example]] = field(default_factory=dict)
    distinct: Distinct | None = None

    def __post_init__(self) -> None:
        if self.watch.distinct and self.distinct is None:
            self.distinct = Distinct()

    @property
    def completeness(self) -> float:
        """The share of rows with a value; 1 if there are no rows."""
        return self.present / self.rows if self.rows else 1.0

    @property
    def std(self) -> float:
        """The standard deviation of the finite values (of the population); 0 if there are none."""
        return math.sqrt(self.deviations / self.finite) if self.finite else 0.0

    def add_without(self, rows: int, found_type: str = "") -> None:
        """Count rows of a file that does not have the column, or has it as another type."""
        self.rows += rows
        if found_type:
            self.mistyped += rows
            self.found_type = self.found_type or found_type
        else:
            self.absent += rows

    def add_numbers(self, values: npt.NDArray[np.float64], ids: npt.NDArray[np.object_]) -> None:
        """Count numbers, NaN where missing, of the events with these ids."""
        there, watch = ~np.isnan(values), self.watch
        endless = np.isinf(values)
        finite = values[there & ~endless]
        self._count(there, ids, values)
        self._note("infinite", endless, ids, values)
        self._note("low", (values < watch.lowest) & ~endless, ids, values)
        self._note("high", (values > watch.highest) & ~endless, ids, values)
        if watch.allowed:
            known = [float(it) for it in watch.allowed if not isinstance(it, str)]
            self._note("foreign", there & ~np.isin(values, known), ids, values)
        if len(finite):
            mean = float(finite.mean())
            self._combine(len(finite), mean, float(((finite - mean) ** 2).sum()))
            self.minimum, self.maximum = min(self.minimum, float(finite.min())), max(self.maximum, float(finite.max()))
        if self.distinct is not None:
            self.distinct.add(values[there])

    def add_texts(self, values: npt.NDArray[np.object_], ids: npt.NDArray[np.object_]) -> None:
        """Count texts, None where missing, of the events with these ids."""
        there = np.array([value is not None for value in values], dtype=bool)
        self._count(there, ids, values)
        if self.watch.allowed:
            known = set(self.watch.allowed)
            foreign = np.array([value is not None and value not in known for value in values], dtype=bool)
            self._note("foreign", foreign, ids, values)
        if self.distinct is not None:
            self.distinct.add(values[there])

    def merge(self, other: "Column") -> None:
        """Take over what is known of another part of the set."""
        self.rows += other.rows
        self.absent += other.absent
        self.mistyped += other.mistyped
        self.found_type = self.found_type or other.found_type
        self.present += other.present
        if other.finite:
            self._combine(other.finite, other.mean, other.deviations)
        self.minimum, self.maximum = min(self.minimum, other.minimum), max(self.maximum, other.maximum)
        for kind, count in other.wrong.items():
            self.wrong[kind] = self.wrong.get(kind, 0) + count
            self.examples[kind] = [*self.examples.get(kind, []), *other.examples[kind]][:EXAMPLES]
        if self.distinct is not None and other.distinct is not None:
            self.distinct.merge(other.distinct)

    def _count(
        self, there: npt.NDArray[np.bool_], ids: npt.NDArray[np.object_], values: npt.NDArray[np.generic]
    ) -> None:
        self.rows += len(there)
        self.present += int(there.sum())
        if self.watch.required:
            self._note("missing", ~there, ids, values)

    def _note(
        self,
        kind: Wrong,
        wrong: npt.NDArray[np.bool_],
        ids: npt.NDArray[np.object_],
        values: npt.NDArray[np.generic],
    ) -> None:
        rows = np.flatnonzero(wrong)
        if not len(rows):
            return
        self.wrong[kind] = self.wrong.get(kind, 0) + len(rows)
        kept = self.examples.setdefault(kind, [])
        for row in rows[: EXAMPLES - len(kept)]:
            kept.append(Example(str(ids[row]), self._shown(kind, values[row])))

    def _shown(self, kind: Wrong, value: object) -> str:
        if kind == "missing":
            return ""
        if self.watch.masked:
            return MASKED
        return f"{value:.15g}" if isinstance(value, float) else str(value)

    def _combine(self, count: int, mean: float, deviations: float) -> None:
        """Mean and squared deviations of two parts together (Chan, Golub and LeVeque, 1983)."""
        total, apart = self.finite + count, mean - self.mean
        self.mean += apart * count / total
        self.deviations += deviations + apart * apart * self.finite * count / total
        self.finite = total
