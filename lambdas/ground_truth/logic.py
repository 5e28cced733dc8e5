"""Labels into window state, the monitor's ground-truth files and the lake.

State first, under the same single-writer protocol as events; then the files, for exactly the records that will be
acknowledged. Files are named by shard and sequence range, so the retry of the same batch overwrites. A crash between
the two leaves the files to the retry, whose labels the state then skips. Corrections: the state keeps the last label
of an event by ``labelled_at``; the files hold every label as it came, and readers keep the last. A label too late for
every window, or of an event that nobody has seen, is filed like any other, and counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

from headrace.errors import RejectedError, RetryableError, StateError
from headrace.features import FeatureSet
from headrace.schema import LabelRecord, parse_label
from headrace.windows import LabelState
from lambdas.ground_truth.known_events import unknown_events
from lambdas.ground_truth.label_files import Labelled, write_files
from lambdas.shared.quarantine import ObjectStore, Rejected, quarantine
from lambdas.shared.stream import Outcome, Record, first_of
from lambdas.shared.window_state import (
    EntityKey,
    OwnItems,
    StateReader,
    StateWriter,
    StoredState,
    expiry,
    failed_from,
    source_of,
)


class OwnStateReader(StateReader, Protocol):
    """Reads the items of one shard, and of all."""

    def read_own(self, keys: Iterable[EntityKey], source: str) -> Mapping[EntityKey, StoredState]:
        """The shard's item of each entity that has one, consistently. Raises RetryableError or DependencyError."""


@dataclass(frozen=True, kw_only=True)
class GroundTruth:
    """The function, wired."""

    features: FeatureSet
    reader: OwnStateReader
    writer: StateWriter
    lake: ObjectStore
    mask_key: bytes = b""


def collect(records: Sequence[Record], function: GroundTruth) -> Outcome:
    """Process one batch of one shard.

    Args:
        records: at least one, in shard order.
        function: what to do it with.

    Returns:
        How far it came. Records before ``failed_from`` are in the state and in the lake.

    Raises:
        DependencyError: if AWS refuses a call for good; the batch is retried, bisected and then dead-lettered.
    """
    labelled, rejected = _parse(records, function)
    counts = {"Records": len(records), "Rejected": len(rejected)}
    failed, problem = _fold(labelled, function, counts)
    done = [it for it in labelled if failed is None or it.record.mark < failed]
    refused = [it for it in rejected if failed is None or it.record.mark < failed]
    try:
        write_files(done, function.lake, usecase=function.features.usecase, mask_key=function.mask_key)
        quarantine(function.lake, "ground_truth", refused, usecase=function.features.usecase)
        counts["Quarantined"] = len(refused)
    except RetryableError as exc:
        marks = [*(it.record.mark for it in done), *(it.record.mark for it in refused)]
        failed, problem = min(marks), str(exc)
    else:
        with suppress(RetryableError):  # nobody waits for this count, and all work is done
            counts["UnknownEvents"] = unknown_events([it.label for it in done], function.features, function.reader)
    return Outcome(counts=counts, failed_from=failed, problem=problem)


def _parse(records: Sequence[Record], function: GroundTruth) -> tuple[list[Labelled], list[Rejected]]:
    labelled, rejected = [], []
    for record in records:
        try:
            label = parse_label(function.features.usecase, record.data, latest=record.latest_event_time)
            labelled.append(Labelled(record, label))
        except RejectedError as exc:
            rejected.append(Rejected(record, exc))
    return labelled, rejected


def _fold(labelled: Sequence[Labelled], function: GroundTruth, counts: dict[str, int]) -> tuple[str | None, str | None]:
    """Fold labels into the shard's items and store them. Returns the mark from which on it failed, and why."""
    entities = function.features.entities("labels")
    if not labelled or not entities:
        return None, None
    source = source_of("labels", labelled[0].record.shard_id)
    keys = dict.fromkeys(EntityKey(name, it.label.keys[name]) for it in labelled for name in entities)
    try:
        stored = function.reader.read_own(keys, source)
    except RetryableError as exc:
        return labelled[0].record.mark, str(exc)
    own = OwnItems(source=source, stored=stored, layout=lambda entity: function.features.layout(entity, "labels"))
    failed, problem, late = _fold_all(labelled, own, function.features)
    writes = own.writes(expiry(function.features.usecase, [it.record for it in labelled]))
    unwritten = failed_from(writes, function.writer.write(writes))
    counts["Stored"] = len(writes)
    if coarse := own.coarse():
        counts["CoarseStates"] = coarse
    if unwritten is not None:
        failed, problem = first_of(failed, unwritten), "window state was not written: lost condition or throttled"
    counts["BeyondReach"] = sum(failed is None or mark < failed for mark in late)
    return failed, problem


def _fold_all(
    labelled: Sequence[Labelled], own: OwnItems, features: FeatureSet
) -> tuple[str | None, str | None, list[str]]:
    """Fold labels in shard order.

    Returns:
        The mark of the first label that needs a state that cannot be read, and why; and the marks of those that no
        window of their entities can reach any more.
    """
    late: list[str] = []
    for it in labelled:
        try:
            items = {name: own.item(EntityKey(name, it.label.keys[name])) for name in features.entities("labels")}
        except StateError as exc:
            return it.record.mark, str(exc), late
        behind = {name: item for name, item in items.items() if not item.holds(it.record.mark)}
        states = {name: cast(LabelState, item.state) for name, item in behind.items()}
        if states and all(_beyond(state, it.label) for state in states.values()):
            late.append(it.record.mark)
        features.fold_label(it.label, states)
        for item in behind.values():
            item.advance(it.record.mark)
    return None, None, late


def _beyond(state: LabelState, label: LabelRecord) -> bool:
    newest = state.newest
    return newest is not None and label.timestamp <= newest - state.layout.retention_s
