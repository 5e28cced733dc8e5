"""What can be decided, and going back to the model before."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from headrace.events import Severity, Trigger
from headrace.reaction.memory import Memory
from headrace.reaction.severity import Weighed

Action = Literal["ignore", "notify", "wait", "retrain", "roll_back", "freeze", "thaw", "escalate"]
ACTIONS: tuple[Action, ...] = get_args(Action)
PAGES: frozenset[Action] = frozenset({"freeze", "escalate", "roll_back"})
"""Actions that call a person at once; ``notify``, ``retrain`` and ``thaw`` only tell."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is done.

    Attributes:
        action: what.
        reason: why, in words.
        severity: of what happened.
        trigger: of the training, if one is asked for.
        package: the model to bring back, if one is.
        weighed: the finding's weight, if it was one.
    """

    action: Action
    reason: str
    severity: Severity = "none"
    trigger: Trigger = "drift"
    package: str = ""
    weighed: Weighed | None = None


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When something happened and under which id it is recorded."""

    id: str
    at: int


def can_roll_back(memory: Memory) -> bool:
    """Whether there is a model to go back to and nobody asked for it yet."""
    return bool(memory.deployed.arn and memory.deployed.previous) and not memory.deployed.rolled_back


def roll_back(memory: Memory, reason: str, severity: Severity) -> tuple[Memory, Decision]:
    """Ask for the previous model, once."""
    deployed = memory.deployed
    decision = Decision(action="roll_back", reason=reason, severity=severity, package=deployed.previous)
    return replace(memory, deployed=replace(deployed, rolled_back=True)), decision
