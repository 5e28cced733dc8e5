"""One thing about a use case that somebody should look at before it decides anything."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["high", "medium", "low"]
ORDER: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A risk: how grave it is, where it is, what was seen, and what to do about it."""

    severity: Severity
    where: str
    what: str
    fix: str
