"""Risks that a definition shows by itself, before any data is looked at."""

from collections.abc import Iterator

from cli import personal
from cli.check.finding import Finding
from cli.new.naming import is_key
from headrace.usecase import UseCase
from headrace.windows.layout import MAX_BUCKETS
from pipelines.jobs.splits import warm_up_s

_DAY_S = 86_400
_LONG_DAYS = 60
_MANY_FEATURES = 500


def risks(usecase: UseCase) -> Iterator[Finding]:
    """Everything in a definition that is allowed and may still be wrong."""
    yield from _fields(usecase)
    yield from _windows(usecase)
    yield from _model(usecase)
    yield from _answers(usecase)


def _fields(usecase: UseCase) -> Iterator[Finding]:
    keys = {entity.key for entity in usecase.entities}
    for field in usecase.event.fields:
        if field.privacy == "clear" and (kind := personal.by_name(field.name)):
            key = field.name in keys
            yield Finding(
                severity="high" if not key else "medium",
                where=f"fields[{field.name}]",
                what=f"is called like {kind} and reaches the lake in clear",
                fix="send a hash of it instead: a key cannot be hashed here"
                if key
                else "set privacy='hash' or 'remove'",
            )
    for name in usecase.inputs:
        if is_key(name):
            yield Finding(
                severity="medium",
                where=f"inputs[{name}]",
                what="is called like an id: a model that learns ids knows nothing of new ones",
                fix="leave it out, or make it an entity",
            )


def _windows(usecase: UseCase) -> Iterator[Finding]:
    warm_up = warm_up_s(usecase)
    if warm_up >= _LONG_DAYS * _DAY_S:
        yield Finding(
            severity="medium",
            where="windows",
            what=f"reach back {warm_up // _DAY_S} days, which training leaves out as warm-up where it can",
            fix="give a history of at least twice that",
        )
    of_events = [it for it in usecase.window_features if it.source == "events"]
    fine = {it.entity for it in of_events if it.length_s // it.resolution_s > MAX_BUCKETS}
    for entity in usecase.entities:
        if entity.name in fine:
            yield Finding(
                severity="low",
                where=f"entities[{entity.name}]",
                what=f"loses precision in its longest windows where one has over {MAX_BUCKETS:,} different seconds",
                fix="give those windows a resolution such as '1h' if there are such busy ones",
            )
    if len(usecase.feature_names) > _MANY_FEATURES:
        yield Finding(
            severity="low",
            where="features",
            what=f"are {len(usecase.feature_names)}: every event pays for each of them",
            fix="drop those that the report of a training run shows to be of no use",
        )
    if usecase.windows and not any(entity.snapshot for entity in usecase.entities):
        yield Finding(
            severity="low",
            where="entities",
            what="put nothing into the Feature Store",
            fix="set snapshot='1d' if anybody reads it",
        )


def _model(usecase: UseCase) -> Iterator[Finding]:
    model, label = usecase.model, usecase.label
    for gate in model.gates:
        if gate.minimum == 0:
            yield Finding(
                severity="high",
                where=f"model.gates[{gate.metric}]",
                what="lets every model pass",
                fix="set it above what the deployed rule or chance reaches",
            )
    if label.missed_cost < label.false_alarm_cost:
        yield Finding(
            severity="low",
            where="label.missed_cost",
            what="is below the cost of a false alarm, so that the threshold will call few positives",
            fix="swap them, unless it is meant",
        )
    sees_labels = any(it.source == "labels" for it in usecase.window_features)
    if model.dealt and sees_labels:
        yield Finding(
            severity="high",
            where="model.split",
            what="deals entities at random, while windows look at labels of the past: test rows see training labels",
            fix="use split='time'",
        )


def _answers(usecase: UseCase) -> Iterator[Finding]:
    mildest = usecase.decision.bands[0].decision
    if usecase.decision.fallback == mildest and len(usecase.decision.bands) > 1:
        yield Finding(
            severity="medium",
            where="decision.fallback",
            what=f"is {mildest}, as for the lowest scores: while no model answers, everything passes",
            fix="choose a careful band, unless it is meant",
        )
    serving = usecase.serving
    if serving.min_instances == 1 and serving.can.instances and serving.can.answers:
        yield Finding(
            severity="low",
            where="serving.min_instances",
            what="is 1: stages that keep no spare answer with the fallback while that one is replaced",
            fix="set 2 where an answer is always wanted",
        )
