"""Turn a training set into train, validation and test splits, or say why it cannot be.

Reads Parquet, sorts by time and event id, leaves out the warm-up, checks, and writes one Parquet file per split and
``manifest/data_manifest.json``: what was read (with digests), what was left out, and what each split holds.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import usecases
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs import outcome, training_set
from pipelines.jobs.splits import NAMES, Cut, Split, first_row, splits, warm_up_s
from pipelines.jobs.training_set import EVENT_ID, LABEL, TIMESTAMP, TrainingSetError

MANIFEST = "data_manifest.json"


def preprocess(usecase: UseCase, source: Path, target: Path, cut: Cut) -> dict[str, Any]:
    """Read ``source``, write the splits and the manifest below ``target`` and return the manifest.

    Raises:
        TrainingSetError: if the training set cannot be used; names what is wrong and the fix.
    """
    table = in_time_order(training_set.read(source, usecase))
    check_values(table, usecase)
    timestamps = table.column(TIMESTAMP).to_numpy()
    parts = list(splits(timestamps, cut))
    for part in parts:
        rows = table.slice(part.start, part.stop - part.start)
        check_classes(part.name, rows, cut)
        training_set.write(rows, target / part.name)
    manifest = describe(usecase, source, table, parts, cut)
    folder = target / "manifest"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def in_time_order(table: pa.Table) -> pa.Table:
    """Sort rows by event time, those of one second by event id."""
    return table.take(pc.sort_indices(table, sort_keys=[(TIMESTAMP, "ascending"), (EVENT_ID, "ascending")]))


def check_values(table: pa.Table, usecase: UseCase) -> None:
    """Refuse an empty set, missing or repeated ids, missing times, keys and labels, foreign labels, endless features.

    Raises:
        TrainingSetError: naming the column, how many rows are wrong, and the fix.
    """
    if not table.num_rows:
        raise TrainingSetError("the training set has no rows: give a prefix with labelled events as InputData")
    for name in set(table.column_names) - set(usecase.feature_names):
        if nulls := table.column(name).null_count:
            raise TrainingSetError(f"{name} is null in {nulls} rows: only features may be missing; drop those rows")
    if twice := table.num_rows - pc.count_distinct(table.column(EVENT_ID)).as_py():
        raise TrainingSetError(f"{twice} rows repeat an {EVENT_ID}: build the training set with one row per event")
    values = set(pc.unique(table.column(LABEL)).to_pylist())
    if foreign := sorted(values - {0, 1}):
        raise TrainingSetError(f"{LABEL} has the values {foreign}: write 1 for {usecase.label.field} and 0 otherwise")
    for name in usecase.feature_names:
        endless = pc.sum(pc.is_inf(table.column(name))).as_py()
        if endless:
            raise TrainingSetError(f"feature {name} is infinite in {endless} rows: write null where it has no value")


def check_classes(split: str, rows: pa.Table, cut: Cut) -> None:
    """Refuse a split without both classes, or with too few positives to learn or judge anything.

    Raises:
        TrainingSetError: naming the split, what it has and the fix.
    """
    positives = int(pc.sum(rows.column(LABEL)).as_py())
    if positives == rows.num_rows:
        raise TrainingSetError(f"the {split} split has positives only: add unlabelled events as negatives to InputData")
    if positives < cut.minimum_positives:
        raise TrainingSetError(
            f"the {split} split has {positives} positives in {rows.num_rows} rows, fewer than {cut.minimum_positives}: "
            "give a longer history as InputData, wait for more labels, or lower --minimum-positives"
        )


def describe(usecase: UseCase, source: Path, table: pa.Table, parts: Sequence[Split], cut: Cut) -> dict[str, Any]:
    """The manifest: inputs with digests, the warm-up that was left out, each split, and the features' completeness."""
    timestamps = table.column(TIMESTAMP).to_numpy()
    labels = training_set.labels(table)
    left_out = first_row(timestamps, cut)
    return {
        "usecase": usecase.name,
        "rows": table.num_rows,
        "inputs": [
            {
                "file": str(path.relative_to(source)),
                "bytes": path.stat().st_size,
                "sha256": training_set.sha256(path),
            }
            for path in training_set.files(source)
        ],
        "warm_up": {"seconds": cut.warm_up_s, "rows_left_out": left_out, "kept": left_out == 0 and cut.warm_up_s > 0},
        "splits": {part.name: _describe_split(timestamps, labels, part) for part in parts},
        "completeness": {
            name: round(1 - missing(table.column(name)) / table.num_rows, 6) for name in usecase.feature_names
        },
    }


def missing(values: pa.ChunkedArray) -> int:
    """How many values are missing, whether an engine wrote them as null or as NaN."""
    return int(pc.sum(pc.is_null(values, nan_is_null=True)).as_py())


def _describe_split(timestamps: np.ndarray, labels: np.ndarray, part: Split) -> dict[str, Any]:
    return {
        "rows": part.stop - part.start,
        "positives": int(labels[part.start : part.stop].sum()),
        "first": format_timestamp(int(timestamps[part.start])),
        "last": format_timestamp(int(timestamps[part.stop - 1])),
    }


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line; paths default to those of a processing container."""
    cut = Cut()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--reason-file", type=Path, default=Path("/opt/ml/output/message"))
    parser.add_argument("--validation-fraction", type=float, default=cut.validation_fraction)
    parser.add_argument("--test-fraction", type=float, default=cut.test_fraction)
    parser.add_argument("--warm-up-s", type=int, help="default: the longest window and its delay")
    parser.add_argument(
        "--keep-at-least",
        type=float,
        default=cut.keep_at_least,
        help="keep the warm-up where dropping it would leave a smaller share of the rows",
    )
    parser.add_argument("--minimum-positives", type=int, default=cut.minimum_positives)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point: 0, or 1 with the reason in the reason file."""
    args = parse(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        usecase = usecases.load(args.usecase)
        cut = Cut(
            validation_fraction=args.validation_fraction,
            test_fraction=args.test_fraction,
            warm_up_s=warm_up_s(usecase) if args.warm_up_s is None else args.warm_up_s,
            keep_at_least=args.keep_at_least,
            minimum_positives=args.minimum_positives,
        )
        manifest = preprocess(usecase, args.input, args.output, cut)
        for name in NAMES:
            sys.stdout.write(f"{name}: {json.dumps(manifest['splits'][name])}\n")

    return outcome.run(job, args.reason_file)


if __name__ == "__main__":
    sys.exit(main())
