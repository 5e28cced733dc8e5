"""What a comparison found, column by column, and the violations in Model Monitor's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from headrace.drift.aligned import Pair
from headrace.drift.measures import Measure

Check = Literal[
    "data_type_check",
    "completeness_check",
    "baseline_drift_check",
    "missing_column_check",
    "extra_column_check",
    "categorical_values_check",
]


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One line of ``constraint_violations.json``."""

    feature_name: str
    check: Check
    description: str


@dataclass(frozen=True, kw_only=True)
class ColumnFinding:
    """How far a column moved, and what was decided.

    Attributes:
        name: of the column.
        judged: whether its distribution was judged; ``words`` say why not.
        measure: which distance was held against the threshold.
        distance: that distance; 0 if not judged.
        threshold: where drift begins.
        p_value: the chance of this distance if nothing changed, adjusted for the number of columns.
        drifted: whether the distribution changed.
        measures: every distance.
        words: what changed, in sentences, the most telling first.
        pair: the two distributions; None if there is nothing to compare.
    """

    name: str
    judged: bool = False
    measure: Measure = "kolmogorov_smirnov"
    distance: float = 0.0
    threshold: float = 0.0
    p_value: float = 1.0
    drifted: bool = False
    measures: Mapping[Measure, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    pair: Pair | None = None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a comparison found.

    Attributes:
        columns: every column of either table by name.
        violations: everything that is wrong, by column, drift included.
        rows: of the baseline and of what was compared.
    """

    columns: Mapping[str, ColumnFinding]
    violations: tuple[Violation, ...]
    rows: tuple[int, int]

    @property
    def drifted(self) -> tuple[str, ...]:
        """The columns whose distribution changed, the furthest first."""
        found = [it for it in self.columns.values() if it.drifted]
        return tuple(it.name for it in sorted(found, key=lambda it: (-it.distance, it.name)))

    @property
    def magnitude(self) -> float:
        """The largest distance of a column that drifted; 0 if none did."""
        return max((it.distance for it in self.columns.values() if it.drifted), default=0.0)

    def of(self, name: str) -> tuple[Violation, ...]:
        """The violations of one column."""
        return tuple(it for it in self.violations if it.feature_name == name)
