"""What the platform decided during a story, and what came of it, from its own audit trail."""

from dataclasses import dataclass
from datetime import datetime

from cli.decided import decided
from cli.deployment import Deployment

REACTIONS = frozenset({"notify", "retrain", "roll_back", "freeze", "escalate"})
"""Decisions that are more than taking notice."""
DEPLOYED, FINISHED = "Model Deployed", "Retraining Finished"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One record of the audit trail: when, about what, what was decided and why."""

    at: str
    source: str
    action: str
    severity: str
    reason: str
    outcome: str = ""

    @property
    def moment(self) -> int:
        """``at`` in epoch seconds."""
        return int(datetime.fromisoformat(self.at).timestamp())

    @property
    def found(self) -> bool:
        """Whether it is about a finding that is not nothing."""
        return self.severity != "none" and self.source not in (DEPLOYED, FINISHED)


def trail(deployment: Deployment) -> list[Decision]:
    """Every decision, by time."""
    names = Decision.__dataclass_fields__
    found = [Decision(**{name: it[name] for name in names}) for it in decided(deployment)]
    return sorted(found, key=lambda it: (it.at, it.source))
