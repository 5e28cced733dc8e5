"""What is to be done about a judged window, and why: a pure function of it, of what is remembered and of the policy.

The time is that of the event, so that the same events lead to the same decisions however often they are tried.
"""

from dataclasses import replace

from headrace.events import SEVERITIES
from headrace.reaction.decision import Decision, Moment, can_roll_back, roll_back
from headrace.reaction.finding import Finding
from headrace.reaction.memory import Memory
from headrace.reaction.severity import Weighed, weigh
from headrace.reaction.training import train
from headrace.usecase import UseCase

_MEDIUM, _HIGH = SEVERITIES.index("medium"), SEVERITIES.index("high")
_SHOWN = 3


def on_finding(memory: Memory, found: Finding, usecase: UseCase, moment: Moment) -> tuple[Memory, Decision]:
    """React to a judged window."""
    reaction = usecase.reaction
    if found.at <= memory.deployed.at and not found.upstream:
        return memory, Decision(action="ignore", reason="the window is about an earlier model than the one in force")
    known = memory.seen(found)
    weighed = weigh(found, known.of(found.kind), usecase)
    if found.upstream:
        return _freeze(known, found, weighed)
    if found.clean:
        return _clean(known, found, reaction.recovery)
    if _falls_back(known, found, usecase, moment):
        return roll_back(known, f"{_words(found, weighed)} within the watch after its rollout", weighed.severity)
    if _frozen(known, found) or not _asks_for_training(found, weighed, usecase):
        return known, _tell(found, weighed, usecase, frozen=_frozen(known, found))
    after, decision = train(
        known, usecase, moment, trigger="drift", reason=_words(found, weighed), found=found, severity=weighed.severity
    )
    return after, replace(decision, weighed=weighed)


def _freeze(memory: Memory, found: Finding, weighed: Weighed) -> tuple[Memory, Decision]:
    """Broken data are no drift: nothing is trained on them and nothing is promoted until they are whole."""
    names = ", ".join(list(found.upstream)[:_SHOWN])
    reason = f"data are broken upstream ({names}): {next(iter(found.upstream.values()))}"
    if memory.frozen:
        told = Decision(action="ignore", reason=f"frozen already; {reason}", severity="critical", weighed=weighed)
        return memory, told
    decision = Decision(action="freeze", reason=reason, severity="critical", weighed=weighed)
    return replace(memory, frozen=reason), decision


def _clean(memory: Memory, found: Finding, recovery: int) -> tuple[Memory, Decision]:
    whole = [not it.broken for it in memory.of(found.kind)[-recovery:]]
    if memory.frozen and found.kind == "data_quality" and len(whole) >= recovery and all(whole):
        return replace(memory, frozen=""), Decision(
            action="thaw", reason=f"data are whole again for {recovery} windows; models may be promoted"
        )
    return memory, Decision(action="ignore", reason="nothing was found")


def _falls_back(memory: Memory, found: Finding, usecase: UseCase, moment: Moment) -> bool:
    """Whether the drop is the new model's and not the world's: soon after its rollout, and with inputs as they were."""
    deployed, reaction = memory.deployed, usecase.reaction
    moved = any(
        distance * reaction.weights.get(name, 1.0) >= reaction.retrain_from
        for window in memory.of("data_quality")[-1:]
        for name, distance in window.distances.items()
    )
    watched = moment.at <= deployed.at + reaction.watch_s + usecase.label.delay_s
    return found.kind == "model_quality" and watched and not moved and can_roll_back(memory)


def _asks_for_training(found: Finding, weighed: Weighed, usecase: UseCase) -> bool:
    reaction = usecase.reaction
    if found.kind == "bias":  # a training on the same world learns the same bias
        return False
    lasting = reaction.quality_persistence if found.kind == "model_quality" else reaction.persistence
    return SEVERITIES.index(weighed.severity) >= _HIGH and weighed.streak >= lasting


def _frozen(memory: Memory, found: Finding) -> bool:
    """Whether people know already that these data are not to be trusted."""
    return bool(memory.frozen) and found.kind == "data_quality"


def _tell(found: Finding, weighed: Weighed, usecase: UseCase, *, frozen: bool) -> Decision:
    """A finding that asks for no training: people hear of it once, and again when it grows."""
    words = _words(found, weighed)
    level = SEVERITIES.index(weighed.severity)
    if frozen:
        told = f"frozen already; {words}"
        return Decision(action="ignore", reason=told, severity=weighed.severity, weighed=weighed)
    if level < _MEDIUM:
        return Decision(
            action="ignore", reason=f"too little to matter: {words}", severity=weighed.severity, weighed=weighed
        )
    lasting = usecase.reaction.quality_persistence if found.kind == "model_quality" else usecase.reaction.persistence
    if weighed.shown > 1 and (level < _HIGH or weighed.streak == 1):
        return Decision(action="ignore", reason=f"told before: {words}", severity=weighed.severity, weighed=weighed)
    wait = f"; a training needs {lasting} windows in a row" if found.kind != "bias" and level >= _HIGH else ""
    return Decision(action="notify", reason=f"{words}{wait}", severity=weighed.severity, weighed=weighed)


def _words(found: Finding, weighed: Weighed) -> str:
    """A finding in a sentence."""
    columns = ", ".join(f"{name} {found.distances[name]:.3g}" for name in weighed.columns[:_SHOWN])
    more = len(weighed.columns) - _SHOWN
    named = f"{columns}{f' and {more} more' if more > 0 else ''}" or "values are missing"
    kind = found.kind.replace("_", " ")
    windows = f"{weighed.shown} window{'s' if weighed.shown != 1 else ''}"
    carried = weighed.shown - weighed.streak
    odd = f", {carried} of them as one odd window would be" if carried else ""
    return f"{kind} is {weighed.severity}: {named}, for {windows}{odd}"
