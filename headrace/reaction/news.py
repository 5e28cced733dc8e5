"""Reactions to what is no finding: alarms, trainings that ended, models that came into force, labels that came."""

from dataclasses import dataclass, replace
from typing import Literal

from headrace.events import ModelDeployed, ModelRollbackRefused, ModelRolledBack, RetrainingFinished
from headrace.reaction.approval import PENDING, Package, noted
from headrace.reaction.decision import Decision, Moment, can_roll_back, roll_back
from headrace.reaction.memory import Deployed, Memory, version_of
from headrace.reaction.training import train
from headrace.usecase import UseCase

SETTLING_S = 900
"""After a rollout that was rolled back, so long alarms may still be about its model: they look back over minutes, and
metrics and events come late."""
Subject = Literal["endpoint", "monitor", "other"]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A CloudWatch alarm that changed its state; ``about`` tells what its metric measures."""

    name: str
    alarming: bool
    about: Subject
    reason: str = ""


def on_alarm(memory: Memory, alarm: Alarm, usecase: UseCase, moment: Moment) -> tuple[Memory, Decision]:
    """React to an alarm: the endpoint's, soon after a rollout, brings the previous model back; a monitor's is told."""
    if not alarm.alarming:
        return memory, Decision(action="ignore", reason=f"{alarm.name} is over")
    if alarm.about == "endpoint":
        if moment.at <= memory.deployed.spared_until:
            reason = f"{alarm.name}: {alarm.reason}; it may be about the model whose rollout was just rolled back"
            return memory, Decision(action="notify", reason=reason, severity="high")
        watched = memory.deployed.at <= moment.at <= memory.deployed.at + usecase.reaction.watch_s
        if watched and can_roll_back(memory):
            return roll_back(
                memory, f"{alarm.name} went off within the watch after a rollout: {alarm.reason}", "critical"
            )
        return memory, Decision(action="notify", reason=f"{alarm.name}: {alarm.reason}", severity="high")
    if alarm.about == "monitor":
        reason = f"{alarm.name}: {alarm.reason}; the window's own document decides about a training"
        return memory, Decision(action="notify", reason=reason, severity="medium")
    return memory, Decision(action="ignore", reason=f"{alarm.name} is not about a model")


def on_finished(memory: Memory, event: RetrainingFinished) -> tuple[Memory, Decision]:
    """A training ended: the next may run. One that found another running does not count as an attempt."""
    after = memory
    if event.request_id == memory.running:
        after = replace(after, running="", running_since=0)
    if event.outcome == "skipped":
        after = replace(after, requests=tuple(it for it in after.requests if it.id != event.request_id))
    reason = f"training {event.request_id} {event.outcome}" + (f": {event.reason}" if event.reason else "")
    if event.outcome in ("failed", "aborted"):
        return after, Decision(action="notify", reason=reason, severity="high", trigger="drift")
    return after, Decision(action="ignore", reason=reason)


def on_deployed(memory: Memory, event: ModelDeployed, at: int) -> tuple[Memory, Decision]:
    """Another model is in force, and with it its own baseline: what windows said of the one before no longer counts."""
    arn, previous = event.model_package_arn, event.previous_model_package_arn or memory.deployed.arn
    if at <= memory.deployed.at or arn == memory.deployed.arn:
        return memory, Decision(action="ignore", reason=f"{arn}: known, or older than what is known")
    if version_of(previous) >= version_of(arn):
        previous = ""  # it came back from a rollback; going on from it to the model it replaced would go round
    after = replace(memory, deployed=Deployed(arn=arn, previous=previous, at=at), windows={})
    return after, Decision(action="ignore", reason=f"{arn} is in force; it is watched from now on")


def on_rolled_back(memory: Memory, event: ModelRolledBack, at: int) -> tuple[Memory, Decision]:
    """An earlier model is in force again. There is nothing to go back to from it."""
    arn, deployed = event.model_package_arn, memory.deployed
    if at < deployed.at or (arn == deployed.arn and not deployed.previous):
        return memory, Decision(action="ignore", reason=f"{arn}: known, or older than what is known")
    if arn == deployed.arn and event.trigger == "rollout":
        # What was asked for during the rollout was dropped by deployment, so it may be asked for once more.
        spared = replace(deployed, spared_until=max(at + SETTLING_S, deployed.spared_until), rolled_back=False)
        return replace(memory, deployed=spared), Decision(
            action="ignore", reason=f"{arn} stayed in force: {event.reason}"
        )
    after = replace(memory, deployed=Deployed(arn=arn, at=at), windows={})
    return after, Decision(action="ignore", reason=f"{arn} is in force again: {event.reason}")


def on_refused(memory: Memory, event: ModelRollbackRefused) -> tuple[Memory, Decision]:
    """A rollout overtook the wish to go back: what is found of the model in force from now on may ask once more."""
    reason = f"{event.model_package_arn} was not brought back: {event.reason}"
    deployed = memory.deployed
    if event.rolled_back_model_package_arn == deployed.arn:
        memory = replace(memory, deployed=replace(deployed, rolled_back=False))
    return memory, Decision(action="ignore", reason=reason)


def on_package(memory: Memory, news: Package) -> tuple[Memory, Decision]:
    """A version of the model was registered, approved or rejected, by whomever: what waits holds back the next."""
    after = replace(memory, packages=noted(memory.packages, news))
    words = "waits for a person's approval" if news.verdict == PENDING else f"is {news.verdict.lower()}"
    return after, Decision(action="ignore", reason=f"v{news.version} {words}")


def on_labels(memory: Memory, labels: int, usecase: UseCase, moment: Moment) -> tuple[Memory, Decision]:
    """A file of labels was taken in."""
    known = replace(memory, new_labels=memory.new_labels + labels)
    wanted = usecase.reaction.new_labels
    words = f"{known.new_labels} labels came by file since the last training"
    if not wanted or known.new_labels < wanted:
        return known, Decision(action="ignore", reason=words)
    return train(known, usecase, moment, trigger="new_labels", reason=words)


def resumed(memory: Memory) -> Memory:
    """The same after a person said that trainings and promotions may go on."""
    return replace(memory, halted="", frozen="", requests=(), running="", running_since=0)
