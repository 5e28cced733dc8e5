"""What a baseline demands of every column: read off its summary, or written in a ``constraints.json``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from headrace.drift.aligned import categories
from headrace.drift.column import Column, InferredType
from headrace.drift.settings import Settings
from headrace.drift.summary import Summary

_MOST_DOMAINS = 1_000
_SIGMAS = 4.0
"""How many standard deviations are noise: a table may have hundreds of columns, each checked three times."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What one column must be like.

    Attributes:
        name: of the column.
        inferred_type: what its values are; Unknown if any type will do.
        completeness: the share of rows that must have a value.
        missing_tolerance, type_tolerance, unknown_tolerance: shares of rows that may break a rule.
        domains: the texts that are known; None if any text will do.
        compares: whether its distribution should stay what it is.
        rows: of the baseline, for sampling noise; 0 where there is none to be added.
    """

    name: str
    inferred_type: InferredType = "Unknown"
    completeness: float = 0.0
    missing_tolerance: float = 0.0
    type_tolerance: float = 0.0
    unknown_tolerance: float = 0.0
    domains: tuple[str, ...] | None = None
    compares: bool = True
    rows: int = 0

    def noise(self, share: float, rows: int) -> float:
        """How much larger than this share of the baseline a share of so many rows may be by chance.

        Where the difference is so many standard errors of the share of both together, as in the score test of two
        proportions (Wilson 1927 has it for one): the baseline may have met few or none of what is not so rare.
        """
        if not self.rows or not rows:
            return 0.0
        half = _SIGMAS**2 / self.rows / 2
        return half + math.sqrt(half * half + _SIGMAS**2 * share * (1 - share) * (1 / self.rows + 1 / rows))


def rules(summary: Summary, settings: Settings) -> Mapping[str, Rule]:
    """What a summary demands, column by column."""
    return {
        name: _rule(name, column, settings) for name, column in summary.columns.items() if name not in settings.ignore
    }


def _rule(name: str, column: Column, settings: Settings) -> Rule:
    known = categories(column) if column.kind == "text" else None
    domains = None
    if known is not None and known.exact and len(known.named) <= _MOST_DOMAINS and not column.identifies:
        domains = tuple(text for text, _ in known.ranked())
    return Rule(
        name=name,
        inferred_type=column.inferred_type,
        completeness=column.completeness,
        missing_tolerance=settings.completeness_tolerance,
        type_tolerance=settings.type_tolerance,
        unknown_tolerance=settings.unknown_tolerance + (_unseen(column) if domains is not None else 0.0),
        domains=domains,
        compares=column.kind in ("number", "text") and not column.identifies,
        rows=column.rows,
    )


def _unseen(column: Column) -> float:
    """The share of texts to expect that the baseline did not meet: that of texts met once (Good 1953)."""
    known = categories(column)
    return sum(times == 1 for times in known.named.values()) / max(1, known.count)
