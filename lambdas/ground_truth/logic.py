"""Labels into window state, the monitor's ground-truth files and the lake.

State first, under the same single-writer protocol as events; then the files, for exactly the records that will be
acknowledged. Files are named by shard and sequence range, so the retry of the same batch overwrites. A crash between
the two leaves the files to the retry, whose labels the state then skips. Corrections: the state keeps the last label
of an event by ``labelled_at``; the files hold every label as it came, and readers keep the last.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, cast

from headrace.errors import RejectedError, RetryableError, StateError
from headrace.features import FeatureSet
from headrace.schema import LabelRecord, format_timestamp, parse_label
from headrace.windows import LabelState
from lambdas.shared.lake_row import identity
from lambdas.shared.quarantine import ObjectStore, Rejected, json_lines, object_key, quarantine
from lambdas.shared.scoring import inference_id
from lambdas.shared.stream import Outcome, Record, first_of
from lambdas.shared.window_state import (
    EntityKey,
    OwnItems,
    StateWriter,
    StoredState,
    expiry,
    failed_from,
    source_of,
)


class OwnStateReader(Protocol):
    """Reads the items of one shard."""

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


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record that holds a valid label."""

    record: Record
    label: LabelRecord


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
        _write_files(done, function)
        quarantine(function.lake, "ground_truth", refused)
        counts["Quarantined"] = len(refused)
    except RetryableError as exc:
        marks = [*(it.record.mark for it in done), *(it.record.mark for it in refused)]
        failed, problem = min(marks), str(exc)
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
    failed, problem = _fold_all(labelled, own, function.features)
    writes = own.writes(expiry(function.features.usecase, [it.record for it in labelled]))
    unwritten = failed_from(writes, function.writer.write(writes))
    counts["Stored"] = len(writes)
    if unwritten is not None:
        failed, problem = first_of(failed, unwritten), "window state was not written: lost condition or throttled"
    return failed, problem


def _fold_all(labelled: Sequence[Labelled], own: OwnItems, features: FeatureSet) -> tuple[str | None, str | None]:
    """Fold labels in shard order. Stops at a state that cannot be read: returns its mark and why."""
    for it in labelled:
        try:
            items = {name: own.item(EntityKey(name, it.label.keys[name])) for name in features.entities("labels")}
        except StateError as exc:
            return it.record.mark, str(exc)
        behind = {name: item for name, item in items.items() if not item.holds(it.record)}
        features.fold_label(it.label, {name: cast(LabelState, item.state) for name, item in behind.items()})
        for item in behind.values():
            item.advance(it.record)
    return None, None


def _write_files(labelled: Sequence[Labelled], function: GroundTruth) -> None:
    """Ground truth by hour and labels by day of arrival (UTC)."""
    _write(labelled, function.lake, "ground-truth/%Y/%m/%d/%H", _truth)
    _write(labelled, function.lake, "labels/dt=%Y-%m-%d", lambda it: _label(it, function))


def _write(
    labelled: Sequence[Labelled], lake: ObjectStore, prefix: str, row: Callable[[Labelled], dict[str, object]]
) -> None:
    for folder, group in groupby(labelled, key=lambda it: it.record.arrived.strftime(prefix)):
        found = list(group)
        lake.put(object_key(folder, [it.record for it in found]), json_lines([row(it) for it in found]))


def _truth(it: Labelled) -> dict[str, object]:
    """One line of Model Monitor's ground-truth format, joined to captured answers on the inference id."""
    return {
        "groundTruthData": {"data": str(it.label.value), "encoding": "CSV"},
        "eventMetadata": {"eventId": inference_id(it.label.event_id)},
        "eventVersion": "0",
    }


def _label(it: Labelled, function: GroundTruth) -> dict[str, object]:
    usecase, label = function.features.usecase, it.label
    return {
        **identity(
            usecase, event_id=label.event_id, timestamp=label.timestamp, keys=label.keys, mask_key=function.mask_key
        ),
        usecase.label.field: label.value,
        "labelled_at": format_timestamp(label.labelled_at),
        **it.record.columns,
    }
