"""One decision as it is kept: what came in, what was decided, why, and what had to be done about it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from headrace.events import (
    DriftDetected,
    ModelRollbackRefused,
    ModelRollbackRequested,
    RetrainingFinished,
    RetrainingRequested,
)
from headrace.reaction import PAGES, SETTLING_S, Alarm, Decision, Finding, Memory, Package
from headrace.schema import format_timestamp
from lambdas.drift_response.messages import Cut, Signal

_LONGEST_SUBJECT = 100
_TOLD = frozenset({"notify", "wait", "retrain", "thaw"})
_LONGEST_REASON = 3_000
_MOST_WORDS = 20


@dataclass(frozen=True, kw_only=True)
class Where:
    """Whose decisions these are."""

    usecase: str
    stage: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """A decision.

    Attributes:
        id: of the signal, so that all copies of it lead to this one record.
        at: when it happened, UTC, ISO 8601.
        source: what it was about: a key, an alarm, an event.
        inputs: what was looked at, and what was remembered.
        action: what was decided.
        reason: why.
        severity: how bad it was.
        effects: what has to be done; each may be done twice.
        outcome: what became of it, once that is known.
    """

    id: str
    at: str
    usecase: str
    stage: str
    source: str
    action: str
    reason: str
    severity: str
    inputs: Mapping[str, Any]
    effects: tuple[Mapping[str, Any], ...] = ()
    outcome: str = ""

    def to_json(self) -> str:
        """As one line of text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what ``to_json`` wrote."""
        found = json.loads(text)
        return cls(**{**found, "effects": tuple(found["effects"])})

    @property
    def lake_name(self) -> str:
        """Below the decisions' folder: the day, then the id."""
        return f"dt={self.at[:10]}/{self.id}.json"


def record(signal: Signal, decision: Decision, before: Memory, where: Where, found: Finding | None) -> Record:
    """The record of a decision with everything that has to be done about it."""
    reason = decision.reason[:_LONGEST_REASON]
    base = Record(
        id=signal.id,
        at=format_timestamp(signal.at),
        usecase=where.usecase,
        stage=where.stage,
        source=_source(signal),
        action=decision.action,
        reason=reason,
        severity=decision.severity,
        inputs={
            "finding": _told(found),
            "weighed": asdict(decision.weighed) if decision.weighed else None,
            "running": before.running,
            "frozen": before.frozen,
            "halted": before.halted,
            "trainings": [asdict(it) for it in before.requests],
            "deployed": asdict(before.deployed),
            "packages": [asdict(it) for it in before.packages],
        },
    )
    return replace(base, effects=tuple(_effects(base, signal, decision, before, found)))


def _source(signal: Signal) -> str:
    content = signal.content
    if isinstance(content, Package):
        return f"model package v{content.version}"
    key = getattr(content, "key", "") or getattr(content, "name", "")
    return str(key or getattr(content, "detail_type", ""))


def _told(found: Finding | None) -> dict[str, Any] | None:
    """The finding, with so many of its words as an item has room for."""
    return None if found is None else {**asdict(found), "words": list(found.words[:_MOST_WORDS])}


def _effects(
    base: Record, signal: Signal, decision: Decision, before: Memory, found: Finding | None
) -> list[dict[str, Any]]:
    common = {"usecase": base.usecase, "stage": base.stage, "at": base.at}
    wanted: list[dict[str, Any]] = []
    if found is not None and decision.weighed is not None and decision.severity != "none":
        event = DriftDetected(
            **common,
            decision_id=base.id,
            kind=found.kind,
            severity=decision.severity,
            cause="upstream" if found.upstream else "drift",
            features=(*found.upstream, *decision.weighed.columns),
            magnitude=decision.weighed.magnitude,
            windows=max(1, decision.weighed.streak),
            reason=base.reason,
            source_uri=found.source,
        )
        wanted.append({"publish": event.detail_type, "detail": event.to_detail()})
    if decision.action == "retrain":
        asked = RetrainingRequested(
            **common, request_id=base.id, trigger=decision.trigger, severity=decision.severity, reason=base.reason
        )
        wanted.append({"publish": asked.detail_type, "detail": asked.to_detail()})
    if decision.action == "roll_back":
        back = ModelRollbackRequested(
            **common,
            model_package_arn=decision.package,
            rolled_back_model_package_arn=before.deployed.arn,
            reason=base.reason,
            decision_id=base.id,
            evidence_from=_evidence_from(signal),
        )
        wanted.append({"publish": back.detail_type, "detail": back.to_detail()})
    if isinstance(signal.content, Cut) and decision.action == "notify":
        cut = signal.content
        over = RetrainingFinished(
            **common,
            request_id=cut.request_id,
            trigger=cut.trigger,
            outcome="aborted",
            execution_arn=cut.execution,
            reason=base.reason,
        )
        wanted.append({"release": cut.execution})
        wanted.append({"publish": over.detail_type, "detail": over.to_detail()})
    if isinstance(signal.content, RetrainingFinished):
        ended = signal.content
        wanted.append(
            {"outcome": f"{ended.outcome} {ended.model_package_arn or ended.reason}".strip(), "of": ended.request_id}
        )
    if isinstance(signal.content, ModelRollbackRefused):
        wanted.append({"outcome": f"refused {signal.content.reason}", "of": signal.content.decision_id})
    if decision.action in PAGES or decision.action in _TOLD:
        wanted.append(_message(base, page=decision.action in PAGES))
    return wanted


def _evidence_from(signal: Signal) -> str:
    """An alarm looks back over minutes, at whatever answered then; a monitor's window names its model."""
    looks_back_s = SETTLING_S if isinstance(signal.content, Alarm) else 0
    return format_timestamp(signal.at - looks_back_s)


def _message(base: Record, *, page: bool) -> dict[str, Any]:
    subject = f"{'PAGE' if page else 'Note'}: {base.usecase} {base.stage} {base.action.replace('_', ' ')}"
    return {"tell": base.reason, "subject": subject[:_LONGEST_SUBJECT], "page": page}
