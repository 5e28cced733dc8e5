"""Labels in the lake: ground truth by hour for monitors, whole labels by day for training, as they came (UTC)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from headrace.ground_truth import truth_line
from headrace.inference_id import inference_id
from headrace.schema import LabelRecord, format_timestamp
from headrace.usecase import UseCase
from lambdas.shared.lake_row import identity
from lambdas.shared.quarantine import ObjectStore, json_lines, object_key
from lambdas.shared.stream import Record


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record that holds a valid label."""

    record: Record
    label: LabelRecord


def write_files(labelled: Sequence[Labelled], lake: ObjectStore, *, usecase: UseCase, mask_key: bytes) -> None:
    """Write both, under names that depend on the records alone, so that a retry of the same batch overwrites.

    Raises:
        RetryableError: if the lake is throttled or cannot be reached.
        DependencyError: if it refuses.
        SettingsError: if a key is to be hashed and there is no secret.
    """
    _write(labelled, lake, "ground-truth/%Y/%m/%d/%H", lambda it: truth_line(inference_id(it.label.event_id), it.label))
    _write(labelled, lake, "labels/dt=%Y-%m-%d", lambda it: _row(it, usecase, mask_key))


def _write(
    labelled: Sequence[Labelled], lake: ObjectStore, prefix: str, row: Callable[[Labelled], dict[str, object]]
) -> None:
    for folder, group in groupby(labelled, key=lambda it: it.record.arrived.strftime(prefix)):
        found = list(group)
        lake.put(object_key(folder, [it.record for it in found]), json_lines([row(it) for it in found]))


def _row(it: Labelled, usecase: UseCase, mask_key: bytes) -> dict[str, object]:
    label = it.label
    return {
        **identity(usecase, event_id=label.event_id, timestamp=label.timestamp, keys=label.keys, mask_key=mask_key),
        usecase.label.field: label.value,
        "labelled_at": format_timestamp(label.labelled_at),
        **it.record.columns,
    }
