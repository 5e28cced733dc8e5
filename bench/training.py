"""Training: our job on half a million rows of the fraud simulator next to plain XGBoost on the same matrix.

Both train the use case's trees for the same number of rounds and judge each round on the validation rows; neither stops
early nor learns again from all rows. Ours begins with Parquet files and ends with the artifact: it reads, audits every
feature, chooses the threshold, judges itself and writes. XGBoost begins with the matrix in memory and ends with trees.
Start-up and imports are excluded. Memory is that of a process of its own, above what the imports take.
"""

import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xgboost as xgb

import simulators
import usecases
from bench.comparison import Comparison, Effort
from cli.training_columns import presented
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame
from pipelines.jobs import train, training_set
from pipelines.jobs.boosting import Rows
from pipelines.jobs.hyperparameters import BOOSTER

USECASE = "fraud"
START = 1_767_225_600
DAYS, PER_DAY = 100, 5_000
ROUNDS = 100
MOST_RUNS = 3
VALIDATION = 0.15
GOAL = round(1 / 1.15, 2)
"""At most 15 % more than plain XGBoost."""
PLAIN = "plain XGBoost on the same matrix"
_KB_PER_MB = 1024


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark."""
    usecase, rounds = usecases.load(USECASE), effort.of(ROUNDS)
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as scratch:
        folder = Path(scratch)
        rows = write_splits(usecase, folder, per_day=effort.of(PER_DAY))
        splits = read_splits(usecase, folder)
        sides: dict[str, Callable[[], object]] = {
            "ours": lambda: run_ours(usecase, folder, rounds),
            "plain": lambda: run_plain(usecase, splits, rounds),
        }
        walls, cpus = _measured(sides, runs=min(MOST_RUNS, effort.runs))
        peaks = {side: _peak_mb(side, folder, rounds) for side in sides}
    what = f"training of {USECASE}, {rows:,} rows, {len(usecase.feature_names)} features"
    for name, unit, found in (("wall", "s", walls), ("CPU", "CPU s", cpus), ("peak memory", "MB", peaks)):
        yield Comparison(
            name=f"{what}, {name}",
            ours=found["ours"],
            other=found["plain"],
            other_name=PLAIN,
            unit=unit,
            goal=GOAL,
            less_is_better=True,
        )


def write_splits(usecase: UseCase, folder: Path, *, per_day: int) -> int:
    """Simulate a history, compute its features, and write both splits, later rows for validation; how many rows."""
    world = simulators.load(USECASE)(start=START, days=DAYS, per_day=per_day, seed=1)
    labels = world.assign(labelled_at=world["timestamp"] + usecase.label.delay_s)
    frame = presented(usecase, training_frame(usecase, world.drop(columns=usecase.label.field), labels), world)
    frame["label"] = world[usecase.label.field].to_numpy()
    schema = training_set.schema(usecase)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = pa.table([table.column(it.name).cast(it.type) for it in schema], schema=schema)
    first = round(len(frame) * (1 - VALIDATION))
    training_set.write(table.slice(0, first), folder / "train")
    training_set.write(table.slice(first), folder / "validation")
    return len(frame)


def read_splits(usecase: UseCase, folder: Path) -> tuple[Rows, Rows]:
    """Both splits as the matrices that XGBoost is given; saved beside them for a process that reads nothing else."""
    splits = train.rows(usecase, folder / "train"), train.rows(usecase, folder / "validation")
    for name, rows in zip(("train", "validation"), splits, strict=True):
        np.save(folder / f"{name}.npy", rows.features)
        np.save(folder / f"{name}-labels.npy", rows.labels)
    return splits


def run_ours(usecase: UseCase, folder: Path, rounds: int) -> None:
    """The training job."""
    given: dict[str, str | int | float] = {"num_round": rounds, "early_stopping_rounds": 0, "refit": 0}
    with tempfile.TemporaryDirectory(dir=folder) as out, contextlib.redirect_stdout(io.StringIO()):
        places = {"model": Path(out, "model"), "checkpoint": Path(out, "checkpoint")}
        splits = {name: folder / name for name in ("train", "validation")}
        train.train(usecase, given, "bench", train.Places(**splits, **places))


def run_plain(usecase: UseCase, splits: tuple[Rows, Rows], rounds: int) -> xgb.Booster:
    """XGBoost's own loop with the same parameters."""
    own = {name: it for name, it in usecase.model.hyperparameters.items() if name in BOOSTER}
    parameters: dict[str, Any] = {**own, "objective": "binary:logistic", "eval_metric": "aucpr"}
    bins = {"max_bin": int(own.get("max_bin", 256))}
    learned, judged = (xgb.QuantileDMatrix(splits[0].features, splits[0].labels, **bins), splits[1])
    held_out = xgb.QuantileDMatrix(judged.features, judged.labels, ref=learned, **bins)
    return xgb.train(parameters, learned, rounds, evals=[(held_out, "validation")], verbose_eval=False)


def _measured(sides: dict[str, Callable[[], object]], *, runs: int) -> tuple[dict[str, float], dict[str, float]]:
    """Median wall and CPU seconds of each side, run in turn."""
    walls: dict[str, list[float]] = {side: [] for side in sides}
    cpus: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(runs):
        for side, run in sides.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            walls[side].append(time.perf_counter() - wall)
            cpus[side].append(time.process_time() - cpu)
    return ({it: statistics.median(walls[it]) for it in sides}, {it: statistics.median(cpus[it]) for it in sides})


def _peak_mb(side: str, folder: Path, rounds: int) -> float:
    command = [sys.executable, "-m", "bench.training", side, str(folder), str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ))  # noqa: S603 - our own
    return float(done.stdout)


def main(side: str, folder: Path, rounds: int) -> None:
    """Run one side in this process, and print by how many MB its memory grew at most."""
    usecase, base = usecases.load(USECASE), _peak_kb()
    if side == "ours":
        run_ours(usecase, folder, rounds)
    else:
        splits = [
            Rows(features=np.load(folder / f"{name}.npy"), labels=np.load(folder / f"{name}-labels.npy"))
            for name in ("train", "validation")
        ]
        run_plain(usecase, (splits[0], splits[1]), rounds)
    sys.stdout.write(f"{(_peak_kb() - base) / _KB_PER_MB}\n")


def _peak_kb() -> int:
    """The most memory that this process has had, as Linux counts it.

    ``getrusage`` would not do: a process begins there with the peak of the one that started it.
    """
    (line,) = [it for it in Path("/proc/self/status").read_text().splitlines() if it.startswith("VmHWM:")]
    return int(line.split()[1])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
