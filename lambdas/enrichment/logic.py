"""Events into window state, and every event's feature vector, scored, into the lake; exactly once into the state.

The order of steps carries the guarantee. Vectors are logged *before* any state of the batch is stored. So an item
that holds an event proves that the event's vector is logged, and a retry need not evaluate it from a state that is
already ahead: it only folds what other entities still lack. Whatever step a crash hits, the retried batch ends in
the same state, and every vector that is logged has the value it had the first time. A vector may be logged again (a
crash between logging and storing); readers keep one per sequence number.
"""

import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol, cast

from headrace.errors import RejectedError, RetryableError
from headrace.features import FeatureSet, Vector
from headrace.schema import parse_event
from headrace.usecase import UseCase
from lambdas.enrichment.folding import Accepted, Folded, fold
from lambdas.shared.lake_row import identity
from lambdas.shared.quarantine import ObjectStore, Rejected, json_lines, quarantine
from lambdas.shared.scoring import Scored, Scorer
from lambdas.shared.stream import Outcome, Record, first_of
from lambdas.shared.window_state import EntityKey, StateReader, StateWriter, expiry, failed_from


class VectorLog(Protocol):
    """Takes rows for the lake."""

    def append(self, rows: Sequence[bytes]) -> AbstractSet[int]:
        """Append rows durably. Returns the positions of those that were not taken. Raises DependencyError."""


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """The function, wired. ``scorer`` None: vectors are logged without scores. ``clock``: epoch seconds now."""

    features: FeatureSet
    reader: StateReader
    writer: StateWriter
    log: VectorLog
    quarantine: ObjectStore
    scorer: Scorer | None
    mask_key: bytes = b""
    clock: Callable[[], float] = time.time

    @property
    def usecase(self) -> UseCase:
        """The use case."""
        return self.features.usecase


def enrich(records: Sequence[Record], function: Enrichment) -> Outcome:
    """Process one batch of one shard.

    Args:
        records: at least one, in shard order.
        function: what to do it with.

    Returns:
        How far it came. Records before ``failed_from`` are in the state, logged and, if rejected, in quarantine.

    Raises:
        DependencyError: if AWS refuses a call for good; the batch is retried, bisected and then dead-lettered.
    """
    accepted, rejected = _parse(records, function.usecase)
    counts = {"Records": len(records), "Rejected": len(rejected)}
    failed = problem = None
    if accepted:
        failed, problem = _process(accepted, function, counts)
    rejected = [it for it in rejected if failed is None or it.record.mark < failed]
    try:
        quarantine(function.quarantine, "enrichment", rejected)
        counts["Quarantined"] = len(rejected)
    except RetryableError as exc:
        failed, problem = rejected[0].record.mark, str(exc)
    return Outcome(counts=counts, failed_from=failed, problem=problem)


def _parse(records: Sequence[Record], usecase: UseCase) -> tuple[list[Accepted], list[Rejected]]:
    accepted, rejected = [], []
    for record in records:
        try:
            event = parse_event(usecase, record.data, latest=record.latest_event_time)
        except RejectedError as exc:
            rejected.append(Rejected(record, exc))
        else:
            keys = {it.name: EntityKey(it.name, cast(str, event[it.key])) for it in usecase.entities}
            accepted.append(Accepted(record, event, keys))
    return accepted, rejected


def _process(
    accepted: Sequence[Accepted], function: Enrichment, counts: dict[str, int]
) -> tuple[str | None, str | None]:
    """Fold, score, log and store. Returns the mark from which on it failed, and why."""
    stateful = {window.entity for window in function.usecase.windows}
    keys = dict.fromkeys(key for it in accepted for key in it.keys.values() if key.entity in stateful)
    try:
        stored = function.reader.read(keys)
    except RetryableError as exc:
        return accepted[0].mark, str(exc)
    folded = fold(accepted, stored, function.features)
    failed, problem = folded.damaged_from, folded.problem
    answers = _score(folded, function, counts)
    refused = function.log.append(_rows(folded, answers, function))
    if refused:
        failed, problem = folded.vectors[min(refused)][0].mark, "the feature delivery stream refused rows"
        folded = fold([it for it in accepted if it.mark < failed], stored, function.features)
    writes = folded.own.writes(expiry(function.usecase, [it.record for it in accepted]))
    unwritten = failed_from(writes, function.writer.write(writes))
    counts["Stored"] = len(writes)
    if unwritten is not None:
        failed, problem = first_of(failed, unwritten), "window state was not written: lost condition or throttled"
    return failed, problem


def _score(folded: Folded, function: Enrichment, counts: dict[str, int]) -> list[Scored]:
    if function.scorer is None:
        return [Scored()] * len(folded.vectors)
    marks = [it.record.sequence_number for it, _ in folded.vectors]
    answers = function.scorer.score([vector for _, vector in folded.vectors], marks)
    counts["Degraded"] = sum(answer.degraded is not None for answer in answers)
    counts["Scored"] = len(answers) - counts["Degraded"]
    return answers


def _rows(folded: Folded, answers: Sequence[Scored], function: Enrichment) -> list[bytes]:
    scored_at = function.clock()
    return [
        json_lines([{**_row(it, vector, answer, function), "latency_ms": _latency_ms(it, scored_at)}])
        for (it, vector), answer in zip(folded.vectors, answers, strict=True)
    ]


def _latency_ms(it: Accepted, scored_at: float) -> float:
    """From the record's arrival in the stream until its batch was scored, in milliseconds."""
    return round((scored_at - it.record.arrived_at) * 1000, 1)


def _row(it: Accepted, vector: Vector, answer: Scored, function: Enrichment) -> dict[str, object]:
    shape = function.usecase.event
    return {
        **identity(
            function.usecase,
            event_id=cast(str, it.event[shape.id]),
            timestamp=cast(int, it.event[shape.timestamp]),
            keys={name: key.key for name, key in it.keys.items()},
            mask_key=function.mask_key,
        ),
        **vector,
        "score": answer.score,
        "decision": answer.decision,
        "model_version": answer.model_version,
        "degraded": answer.degraded,
        "shard_id": it.record.shard_id,
        "sequence_number": it.record.sequence_number,
    }
