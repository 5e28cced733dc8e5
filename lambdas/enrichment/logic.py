"""Events into window state, and every event's feature vector, scored, into the lake; exactly once into the state.

The order of steps carries the guarantee. Snapshots are put and vectors are logged *before* any state of the batch is
stored. So an item that holds an event proves that they are out, and a retry need not evaluate the event from a state
that is already ahead: it only folds what other entities still lack. Whatever step a crash hits, the retried batch ends
in the same state, and every vector that is logged has the value it had the first time. A vector may be logged again (a
crash between logging and storing); readers keep one per sequence number.

Where a use case drops duplicates, its primary entity's ids decide, and all copies of an event are the same entity's. So
its items are read first and written last: while one does not hold an event, a retry decides as the first attempt did,
and once it does, the others hold the event as well. Alerts go out before any state is stored, too, but fail nothing.
"""

import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Protocol, cast

from headrace.errors import RejectedError, RetryableError
from headrace.features import FeatureSet
from headrace.frozen import dataclass
from headrace.schema import parse_event
from headrace.usecase import UseCase
from lambdas.enrichment.alerts import Announcer
from lambdas.enrichment.attempt import Attempt
from lambdas.enrichment.folding import Folded, Folding, Snapshot
from lambdas.enrichment.parts import Accepted
from lambdas.enrichment.rows import VectorRows
from lambdas.enrichment.surroundings import looked_up
from lambdas.shared.looked_up import LookingUp
from lambdas.shared.quarantine import ObjectStore, Rejected, quarantine
from lambdas.shared.scoring import Scored, Scorer
from lambdas.shared.stream import Outcome, Record
from lambdas.shared.window_state import EntityKey, StateReader, StateWrite, StateWriter, Stored, expiry, failed_from


class VectorLog(Protocol):
    """Takes rows for the lake."""

    def append(self, rows: Sequence[bytes]) -> AbstractSet[int]:
        """Append rows durably. Returns the positions of those that were not taken. Raises DependencyError."""


class SnapshotStore(Protocol):
    """Takes snapshots of entities' features."""

    def put(self, snapshots: Sequence[Snapshot]) -> AbstractSet[int]:
        """Put snapshots durably. Returns the positions of those that were not taken. Raises DependencyError."""


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """The function, wired.

    ``scorer`` None: vectors are logged without scores. ``snapshots`` None: the use case asks for none. ``alerts`` None:
    nobody is told. ``lookups`` None: nothing is looked up. ``clock``: epoch seconds now.
    """

    features: FeatureSet
    reader: StateReader
    writer: StateWriter
    log: VectorLog
    quarantine: ObjectStore
    scorer: Scorer | None
    snapshots: SnapshotStore | None = None
    alerts: Announcer | None = None
    lookups: LookingUp | None = None
    mask_key: bytes = b""
    clock: Callable[[], float] = time.time

    @property
    def usecase(self) -> UseCase:
        """The use case."""
        return self.features.usecase

    @cached_property
    def folding(self) -> Folding:
        """How its events are folded."""
        return Folding(self.features)

    @cached_property
    def rows(self) -> VectorRows:
        """How its vectors are written. Raises SettingsError if a key is to be hashed and there is no secret."""
        return VectorRows(self.usecase, self.mask_key)


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
        quarantine(function.quarantine, "enrichment", rejected, usecase=function.usecase)
        counts["Quarantined"] = len(rejected)
    except RetryableError as exc:
        failed, problem = rejected[0].record.mark, str(exc)
    return Outcome(counts=counts, failed_from=failed, problem=problem)


def _parse(records: Sequence[Record], usecase: UseCase) -> tuple[list[Accepted], list[Rejected]]:
    accepted, rejected = [], []
    entities = [(it.name, it.key) for it in usecase.entities]
    for record in records:
        try:
            event = parse_event(usecase, record.data, latest=record.latest_event_time)
        except RejectedError as exc:
            rejected.append(Rejected(record, exc))
        else:
            keys = [EntityKey(name, event[key]) for name, key in entities]  # type: ignore[arg-type]  # a text: a cast costs
            accepted.append(Accepted(record, record.mark, event, keys))
    return accepted, rejected


def _process(
    accepted: Sequence[Accepted], function: Enrichment, counts: dict[str, int]
) -> tuple[str | None, str | None]:
    """Fold, put snapshots, score, log and store. Returns the mark from which on it failed, and why."""
    try:
        accepted = looked_up(accepted, function.lookups)
        stored = _read(accepted, function)
    except RetryableError as exc:
        return accepted[0].mark, str(exc)
    attempt = Attempt(function.folding, accepted, stored)
    if function.usecase.event.drop_duplicates:
        counts["Duplicates"] = attempt.folded.duplicates
    if function.snapshots is not None:
        snapshots = attempt.folded.snapshots
        refused = function.snapshots.put(snapshots) if snapshots else frozenset()
        counts["Snapshots"] = len(snapshots) - len(refused)
        if refused:
            attempt.cut(snapshots[min(refused)].mark, "the Feature Store refused snapshots")
    vectors, answers = attempt.folded.vectors, _score(attempt.folded, function, counts)
    refused = function.log.append(_rows(attempt.folded, answers, function))
    logged = len(vectors)
    if refused:
        logged = min(refused)
        attempt.cut(vectors[logged][0].mark, "the feature delivery stream refused rows")
    if function.alerts is not None:  # before the state is stored: after a crash it is told again rather than never
        counts |= function.alerts.tell((it, answers[at]) for at, (it, _) in enumerate(vectors[:logged]))
    _store(attempt, expiry(function.usecase, [it.record for it in accepted]), function, counts)
    return attempt.failed_from, attempt.problem


def _read(accepted: Sequence[Accepted], function: Enrichment) -> Stored:
    """Everything that is stored of the events' entities; where duplicates are dropped, the primary's items first."""
    stateful = {window.entity for window in function.usecase.windows}
    keys = dict.fromkeys(key for it in accepted for key in it.keys if key.entity in stateful)
    if not function.usecase.event.drop_duplicates:
        return function.reader.read(keys)
    primary = function.usecase.primary.name
    first = function.reader.read([key for key in keys if key.entity == primary])
    return {**first, **function.reader.read([key for key in keys if key.entity != primary])}


def _score(folded: Folded, function: Enrichment, counts: dict[str, int]) -> list[Scored]:
    if function.scorer is None:
        return [Scored()] * len(folded.vectors)
    ids = [cast(str, it.event[function.usecase.event.id]) for it, _ in folded.vectors]
    answers = function.scorer.score([vector for _, vector in folded.vectors], ids)
    counts["Degraded"] = sum(answer.degraded is not None for answer in answers)
    counts["Scored"] = len(answers) - counts["Degraded"]
    return answers


def _rows(folded: Folded, answers: Sequence[Scored], function: Enrichment) -> list[bytes]:
    return function.rows.write(folded.vectors, answers, scored_at=function.clock())


def _store(attempt: Attempt, expires_at: int, function: Enrichment, counts: dict[str, int]) -> None:
    """Write what has changed; where duplicates are dropped, the primary's items only when all others are written."""
    writes = attempt.folded.own.writes(expires_at)
    counts["Stored"] = len(writes)
    if coarse := attempt.folded.own.coarse():
        counts["CoarseStates"] = coarse
    if function.usecase.event.drop_duplicates:
        primary = function.usecase.primary.name
        _write([write for write in writes if write.key.entity != primary], attempt, function)
        writes = [write for write in attempt.folded.own.writes(expires_at) if write.key.entity == primary]
    _write(writes, attempt, function)


def _write(writes: Sequence[StateWrite], attempt: Attempt, function: Enrichment) -> None:
    unwritten = failed_from(writes, function.writer.write(writes))
    if unwritten is not None:
        attempt.cut(unwritten, "window state was not written: lost condition or throttled")
