"""Turn a training set into train, validation and test splits, and all rows of them, or say why it cannot be.

Reads Parquet, sorts by time and event id, checks, cuts as the use case says (see ``pipelines.jobs.splits``), and
writes one Parquet file per split (of rows to learn one for each machine that trains) and
``manifest/data_manifest.json``: what was read (with digests), what was left out, and what each split holds. Nothing is
learned from the rows here, and no row is drawn twice: transforms, weights and resampling belong to training and see its
rows only.
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
from pipelines.jobs.splits import NAMES, Cut, Split, deal, first_row, gaps_s, splits, warm_up_s
from pipelines.jobs.training_checks import check_classes, check_values, judged_splits
from pipelines.jobs.training_set import EVENT_ID, TIMESTAMP

MANIFEST = "data_manifest.json"
DRIFT = "drift"
"""The reason of a training because the world has changed."""
ALL = "all"
"""Every row after the warm-up, those between the splits too: what the served model learns."""


def preprocess(usecase: UseCase, source: Path, target: Path, cut: Cut) -> dict[str, Any]:
    """Read ``source``, write the splits and the manifest below ``target`` and return the manifest.

    Raises:
        TrainingSetError: if the training set cannot be used; names what is wrong and the fix.
    """
    table = in_time_order(training_set.read(source, usecase))
    check_values(table, usecase)
    table, parts = arranged(table, usecase, cut)
    shares = usecase.model.cluster.instances
    for part in parts:
        rows = table.slice(part.start, part.stop - part.start)
        if part.name in judged_splits(usecase):
            check_classes(part.name, rows, cut)
        training_set.write(rows, target / part.name, shares if part.name == NAMES[0] else 1)
    training_set.write(table.slice(parts[0].start), target / ALL, shares)
    manifest = describe(usecase, source, table, parts, cut)
    folder = target / "manifest"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def in_time_order(table: pa.Table) -> pa.Table:
    """Sort rows by event time, those of one second by event id."""
    return table.take(pc.sort_indices(table, sort_keys=[(TIMESTAMP, "ascending"), (EVENT_ID, "ascending")]))


def arranged(table: pa.Table, usecase: UseCase, cut: Cut) -> tuple[pa.Table, list[Split]]:
    """The rows in the order of the splits, and the splits over them.

    Args:
        table: in time order.
        usecase: says whose rows belong together.
        cut: whether splits follow each other in time or are dealt, and how much goes where.
    """
    timestamps = table.column(TIMESTAMP).to_numpy()
    if not cut.dealt:
        return table, list(splits(timestamps, cut))
    first = first_row(timestamps, cut)
    used = table.slice(first)
    order, parts = deal(used.column(usecase.primary.key).to_numpy(), training_set.labels(used), cut)
    together = pa.concat_tables([table.slice(0, first), used.take(order)])
    return together, [Split(name=it.name, start=it.start + first, stop=it.stop + first) for it in parts]


def describe(usecase: UseCase, source: Path, table: pa.Table, parts: Sequence[Split], cut: Cut) -> dict[str, Any]:
    """The manifest: inputs with digests, the warm-up that was left out, each split, and the features' completeness."""
    timestamps = table.column(TIMESTAMP).to_numpy()
    labels = training_set.labels(table)
    left_out = parts[0].start
    return {
        "usecase": usecase.name,
        "split": "stratified" if cut.dealt else "time",
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
        "gaps": {
            "labels_mature_s": cut.gap_s,
            "between_splits_s": [] if cut.dealt else gaps_s(timestamps, parts),
            "rows_left_out": table.num_rows - left_out - sum(part.stop - part.start for part in parts),
        },
        "splits": {part.name: _describe_split(timestamps, labels, part) for part in parts},
        ALL: _describe_split(timestamps, labels, Split(name=ALL, start=left_out, stop=table.num_rows)),
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
    parser.add_argument("--validation-fraction", type=float, help="default: that of the use case's model")
    parser.add_argument("--test-fraction", type=float, default=cut.test_fraction)
    parser.add_argument("--warm-up-s", type=int, help="default: the longest window and its delay")
    parser.add_argument(
        "--keep-at-least",
        type=float,
        default=cut.keep_at_least,
        help="keep the warm-up where dropping it would leave a smaller share of the rows",
    )
    parser.add_argument("--gap-s", type=int, help="default: the time that labels take, where splits are cut in time")
    parser.add_argument(
        "--train-at-least",
        type=float,
        default=cut.train_at_least,
        help="give up gaps that would leave a smaller share of the rows to train on",
    )
    parser.add_argument("--reason", default="", help="why the training runs; for drift whole entities are dealt")
    parser.add_argument("--seed", type=int, default=cut.seed, help="of a stratified split")
    parser.add_argument("--minimum-positives", type=int, default=cut.minimum_positives)
    return parser.parse_args(argv)


def chosen_cut(usecase: UseCase, args: argparse.Namespace) -> Cut:
    """How to cut: what the command line says, and the use case where it says nothing."""
    fraction, warm_up, gap = args.validation_fraction, args.warm_up_s, args.gap_s
    return Cut(
        validation_fraction=usecase.model.validation_fraction if fraction is None else fraction,
        test_fraction=args.test_fraction,
        warm_up_s=warm_up_s(usecase) if warm_up is None else warm_up,
        gap_s=usecase.label.delay_s if gap is None else gap,
        keep_at_least=args.keep_at_least,
        train_at_least=args.train_at_least,
        minimum_positives=args.minimum_positives,
        seed=args.seed,
        # The newest rows show what has changed. Cut in time all of them judge, and no model can have learned what they
        # ask; dealt by entity most of them are learned, and those of other entities ask.
        dealt=usecase.model.dealt or args.reason == DRIFT,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point: 0, or 1 with the reason in the reason file."""
    args = parse(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        usecase = usecases.load(args.usecase)
        cut = chosen_cut(usecase, args)
        manifest = preprocess(usecase, args.input, args.output, cut)
        for name in NAMES:
            sys.stdout.write(f"{name}: {json.dumps(manifest['splits'][name])}\n")

    return outcome.run(job, args.reason_file)


if __name__ == "__main__":
    sys.exit(main())
