"""One rule and what came of it."""

from dataclasses import dataclass
from typing import Literal

from pipelines.quality.column import Column, Example, Wrong

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule and what came of it. ``column`` is empty for a rule about the set; a failed warning stops nothing."""

    rule: str
    column: str
    passed: bool
    expected: str
    found: str
    severity: Severity = "error"
    examples: tuple[Example, ...] = ()

    @property
    def words(self) -> str:
        """The finding in one line."""
        where = f"{self.column}: " if self.column else ""
        rows = ", ".join(f"{it.event_id} ({it.value})" if it.value else it.event_id for it in self.examples)
        return f"{where}{self.rule}: expected {self.expected}, found {self.found}" + (
            f"; for example {rows}" if rows else ""
        )


def none_wrong(column: Column, kind: Wrong, rule: str, expected: str, shown: str = "") -> Finding:
    count = column.wrong.get(kind, 0)
    return Finding(
        rule=rule,
        column=column.watch.name,
        passed=not count,
        expected=expected,
        found=f"{shown or kind} in {rows(count)}" if count else expected,
        examples=tuple(column.examples.get(kind, ())),
    )


def rows(count: int) -> str:
    """``1 row``, ``2,000 rows``."""
    return "1 row" if count == 1 else f"{count:,} rows"
