"""May a training be asked for? One at a time, not too soon, not too often, not on broken data, not without labels.

And not next to a model of an earlier one that still waits for a person, who would be asked about two at once.
"""

from dataclasses import replace

from headrace.events import Severity, Trigger
from headrace.reaction.approval import waiting
from headrace.reaction.decision import Action, Decision, Moment
from headrace.reaction.finding import Finding
from headrace.reaction.memory import Memory, Request
from headrace.reaction.pace import DAY_S, too_soon, tried_within
from headrace.usecase import UseCase

LONGEST_RUN_S = DAY_S
"""A training that has said nothing for so long no longer holds back the next."""


def train(
    memory: Memory,
    usecase: UseCase,
    moment: Moment,
    *,
    trigger: Trigger,
    reason: str,
    found: Finding | None = None,
    severity: Severity = "none",
) -> tuple[Memory, Decision]:
    """Ask for a training unless something speaks against it."""
    against = _against(memory, usecase, moment, found)
    if against is not None:
        action, why = against
        if action == "escalate":
            memory = replace(memory, halted=why)
        return memory, Decision(action=action, reason=f"{why}; {reason}", severity=severity, trigger=trigger)
    asked = replace(memory.asked(Request(id=moment.id, at=moment.at)), new_labels=0)
    return asked, Decision(action="retrain", reason=reason, severity=severity, trigger=trigger)


def _against(memory: Memory, usecase: UseCase, moment: Moment, found: Finding | None) -> tuple[Action, str] | None:
    """What is done instead of a training and why; None if nothing speaks against it."""
    if memory.frozen:
        return "ignore", "frozen: what is broken upstream is not cured by a training"
    if memory.halted:
        return "ignore", "halted: a person must resume first"
    if memory.running and moment.at - memory.running_since < LONGEST_RUN_S:
        return "ignore", f"training {memory.running} is running"
    pending = waiting(memory.packages, memory.deployed.version, usecase, moment.at) if _by_people(usecase) else ""
    if pending:  # people hear of it with every finding, and not with every file of labels
        return "notify" if found is not None else "ignore", pending
    short = _too_few(memory, usecase) if found is not None and found.kind == "model_quality" else ""
    return ("wait", short) if short else _spent(memory, usecase, moment.at)


def _by_people(usecase: UseCase) -> bool:
    """Whether people approve; where the platform does, a package waits for a moment, or since a freeze."""
    return usecase.reaction.promotion == "manual"


def _spent(memory: Memory, usecase: UseCase, at: int) -> tuple[Action, str] | None:
    """Cooldown, budget and attempts, in this order: who waits is not yet at a loss."""
    reaction, asked = usecase.reaction, [it.at for it in memory.requests]
    soon = too_soon(asked, usecase, at)
    if soon:
        return "ignore", soon
    tried = tried_within(asked, reaction.attempts_within_s, usecase, at)
    if tried >= reaction.attempts:
        return "escalate", f"{tried} trainings within {reaction.attempts_within} did not help: a person must look"
    return None


def _too_few(memory: Memory, usecase: UseCase) -> str:
    """What is still missing before a training can learn what changed; empty if nothing is."""
    reaction, labels, positives = usecase.reaction, 0, 0
    for window in reversed(memory.of("model_quality")):
        if not window.distances:
            break
        labels, positives = labels + window.labels, positives + window.positives
    if labels < reaction.least_labels:
        return f"waiting for labels: {labels} of {reaction.least_labels} show the drop"
    if positives < reaction.least_positives:
        return f"waiting for positives: {positives} of {reaction.least_positives} show the drop"
    return ""
