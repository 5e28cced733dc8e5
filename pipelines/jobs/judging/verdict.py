"""A gate's verdict, and ``gates.json`` that the pipeline reads."""

from dataclasses import asdict, dataclass
from typing import Any

FILE = "gates.json"
_REASON_CHARACTERS = 900
"""A pipeline's fail step shows 1,024 characters, and adds words of its own."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One gate: its name, whether it is passed, the value and bound that decided, and why in a sentence."""

    name: str
    passed: bool
    value: float | None
    bound: float | None
    reason: str


def document(verdicts: list[Verdict]) -> dict[str, Any]:
    """``gates.json``: whether all are passed, how many are not, their reasons as one text, and every gate."""
    failed = [it.reason for it in verdicts if not it.passed]
    return {
        "passed": not failed,
        "failed": len(failed),
        "reason": "; ".join(failed)[:_REASON_CHARACTERS] or "every gate is passed",
        "gates": [asdict(it) for it in verdicts],
    }
