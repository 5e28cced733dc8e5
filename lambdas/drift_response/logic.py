"""One signal, one decision, whatever fails in between.

Record and memory are written in one transaction; then what the record demands is done, and only then is it closed. A
copy of a signal finds the record: closed, nothing happens; open, its demands are done again. Each of them may be done
twice: events carry the record's id, and retraining starts once per id.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headrace.errors import HeadraceError, RejectedError, RetryableError
from headrace.events import EVENTS, ModelDeployed, ModelRollbackRefused, ModelRolledBack, RetrainingFinished
from headrace.reaction import (
    Alarm,
    Decision,
    Finding,
    Memory,
    Moment,
    Package,
    finding,
    on_alarm,
    on_deployed,
    on_finding,
    on_finished,
    on_labels,
    on_package,
    on_refused,
    on_rolled_back,
)
from lambdas.drift_response.messages import Cut, Document, Receipt, Signal, read
from lambdas.drift_response.ports import DriftResponse, LostRaceError
from lambdas.drift_response.record import Record, Where, record
from lambdas.drift_response.settings import DECISIONS

Result = Literal["decided", "known", "ignored", "rejected", "waiting"]
_QUALITY = "model_quality.json"
_RACES = 4
_EVENTS = {it.detail_type: it for it in EVENTS}


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a message; one that is not ``done`` returns to the queue, and in the end to its DLQ."""

    result: Result
    detail: str = ""
    action: str = ""

    @property
    def done(self) -> bool:
        """Whether the message may be deleted."""
        return self.result not in ("waiting", "rejected")


def handle(body: str, function: DriftResponse) -> Handled:
    """React to a queue message.

    Raises:
        DependencyError: if AWS refuses a call for good.
    """
    try:
        signal = read(body, endpoint=function.endpoint, usecase=function.usecase.name, stage=function.stage)
        return Handled("ignored") if signal is None else _react(signal, function)
    except RejectedError as exc:
        return Handled("rejected", str(exc))
    except RetryableError as exc:
        return Handled("waiting", str(exc))


def _react(signal: Signal, function: DriftResponse) -> Handled:
    made, closed = _recorded(signal, function)
    if closed:
        return Handled("known", made.reason, made.action)
    for effect in made.effects:
        _do(effect, function)
    function.lake.put(f"{DECISIONS}{made.lake_name}", f"{made.to_json()}\n".encode())
    function.ledger.close(made.id)
    return Handled("decided", made.reason, made.action)


def _recorded(signal: Signal, function: DriftResponse) -> tuple[Record, bool]:
    """The record of a signal, made now or before, and whether it is closed. Raises LostRaceError after some races."""
    for _ in range(_RACES):
        known = function.ledger.find(signal.id)
        if known is not None:
            return known
        try:
            return _decide(signal, function), False
        except LostRaceError:
            continue
    raise LostRaceError("others decide all the time")


def _decide(signal: Signal, function: DriftResponse) -> Record:
    before, version = function.ledger.memory()
    found = _finding(signal.content, function) if isinstance(signal.content, Document) else None
    after, decision = _decision(before, signal, found, function)
    where = Where(usecase=function.usecase.name, stage=function.stage)
    made = record(signal, decision, before, where, found)
    function.ledger.commit(made, after, version)
    return made


def _decision(
    memory: Memory, signal: Signal, found: Finding | None, function: DriftResponse
) -> tuple[Memory, Decision]:
    if found is not None:
        return on_finding(memory, found, function.usecase, Moment(id=signal.id, at=signal.at))
    return _news(memory, signal, function)


def _news(memory: Memory, signal: Signal, function: DriftResponse) -> tuple[Memory, Decision]:
    """The decision about what is no monitor's document."""
    usecase, moment = function.usecase, Moment(id=signal.id, at=signal.at)
    match signal.content:
        case Alarm() as alarm:
            made = on_alarm(memory, alarm, usecase, moment)
        case Receipt(key=key):
            made = on_labels(memory, _count(function.lake.read(key)), usecase, moment)
        case RetrainingFinished() as event:
            made = on_finished(memory, event)
        case Cut() as cut:
            made = memory, _cut(cut, function)
        case Package() as package:
            made = on_package(memory, package)
        case ModelDeployed() as event:
            made = on_deployed(memory, event, signal.at)
        case ModelRolledBack() as event:
            made = on_rolled_back(memory, event, signal.at)
        case ModelRollbackRefused() as event:
            made = on_refused(memory, event)
        case _:
            raise RejectedError("is of no kind that is reacted to")
    return made


def _cut(cut: Cut, function: DriftResponse) -> Decision:
    """Of two executions of one request the one that claimed it trains; that the other was stopped changes nothing."""
    ended = f"{cut.execution} ended as {cut.status}"
    if not function.ledger.claim(cut.request_id, cut.execution):
        return Decision(action="ignore", reason=f"{ended}; another one trains for {cut.request_id}")
    return Decision(action="notify", reason=f"{ended}; its lock is released", severity="medium")


def _finding(content: Document, function: DriftResponse) -> Finding:
    """Read a monitor's documents. Raises RetryableError if S3 does not show them yet."""
    outputs = content.outputs
    body = function.lake.read(content.key)
    if body is None:
        raise RetryableError(f"{content.key} is not there")
    quality = function.lake.read(f"{outputs.folder}{_QUALITY}") if outputs.kind == "model_quality" else None
    about = _object(quality) if quality else {}
    return finding(
        _object(body),
        kind=outputs.kind,
        at=outputs.end,
        source=f"s3://{function.bucket}/{content.key}",
        null_share=function.usecase.reaction.null_share,
        broken_from=function.usecase.reaction.broken_from,
        labels=_whole(about.get("dataset"), "item_count"),
        positives=_whole(about.get("headrace"), "positives"),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as exc:
        raise RejectedError("is not JSON", field="violations") from exc
    return found if isinstance(found, dict) else {}


def _whole(part: object, name: str) -> int:
    value = part.get(name) if isinstance(part, Mapping) else None
    return int(value) if isinstance(value, int | float) else 0


def _count(receipt: bytes | None) -> int:
    return _whole(_object(receipt), "sent") if receipt else 0


def _do(effect: Mapping[str, Any], function: DriftResponse) -> None:
    """Do one thing that a record demands."""
    if "publish" in effect:
        function.bus.publish(_EVENTS[effect["publish"]].from_detail(effect["detail"]))
    elif "outcome" in effect:
        function.ledger.conclude(effect["of"], effect["outcome"])
    elif "release" in effect:
        function.ledger.release(effect["release"])
    elif "tell" in effect:
        function.people.tell(effect["subject"], effect["tell"], page=effect["page"])
    else:
        raise HeadraceError(f"a record demands what nobody knows: {sorted(effect)}")
