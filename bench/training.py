"""Training: half a million rows of the fraud simulator, learned by us and by plain XGBoost.

Both grow the use case's trees for the same number of rounds from the same matrix and judge each round on the validation
rows; neither stops early nor learns again from all rows. Ours saves its progress besides, and can go on where it was
cut off. A row of its own shows the whole job, which begins with Parquet files and ends with the artifact: it audits
every feature, chooses the threshold and judges itself. Start-up and imports are excluded; one thread each, so that a
busy neighbour decides nothing. Memory is that of a process of its own, above what the imports take.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xgboost as xgb

import simulators
import usecases
from bench.comparison import Comparison, Effort, medians
from cli.training_columns import presented
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame
from pipelines.jobs import train, training_set
from pipelines.jobs.algorithms import Learned, Rows
from pipelines.jobs.hyperparameters import BOOSTER, choose
from pipelines.jobs.learning import Learner

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
        job_s, loop_s, plain_s = medians(
            (
                lambda: run_job(usecase, folder, rounds),
                lambda: run_loop(usecase, splits, rounds, folder),
                lambda: run_plain(usecase, splits, rounds),
            ),
            runs=min(MOST_RUNS, effort.runs),
        )
        job_mb, plain_mb = (_peak_mb(side, folder, rounds) for side in ("job", "plain"))
    size = f"{rows:,} rows, {len(usecase.feature_names)} features"
    for name, unit, ours, plain, goal in (
        (f"training of {USECASE}, {size}", "s", loop_s, plain_s, GOAL),
        (f"training job of {USECASE}, files to artifact, {size}", "s", job_s, plain_s, GOAL),
        (f"training job of {USECASE}, peak memory, {size}", "MB", job_mb, plain_mb, GOAL),
    ):
        yield Comparison(name=name, ours=ours, other=plain, other_name=PLAIN, unit=unit, goal=goal, less_is_better=True)


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


def run_job(usecase: UseCase, folder: Path, rounds: int) -> None:
    """The training job."""
    with tempfile.TemporaryDirectory(dir=folder) as out, contextlib.redirect_stdout(io.StringIO()):
        places = {"model": Path(out, "model"), "checkpoint": Path(out, "checkpoint")}
        splits = {name: folder / name for name in ("train", "validation")}
        train.train(usecase, _given(rounds), "bench", train.Places(**splits, all=folder / "train", **places))


def run_loop(usecase: UseCase, splits: tuple[Rows, Rows], rounds: int, folder: Path) -> Learned:
    """What the training job does with the matrix."""
    chosen = choose({**usecase.model.hyperparameters, **_given(rounds)}, usecase.model.algorithm)
    with tempfile.TemporaryDirectory(dir=folder) as checkpoint:
        learner = Learner(algorithm=usecase.model.algorithm, chosen=chosen, weight=1.0, checkpoint=Path(checkpoint))
        return learner.learn(*splits)


def _given(rounds: int) -> dict[str, str | int | float]:
    return {"num_round": rounds, "early_stopping_rounds": 0, "refit": 0, "nthread": 1}


def run_plain(usecase: UseCase, splits: tuple[Rows, Rows], rounds: int) -> xgb.Booster:
    """XGBoost's own loop with the same parameters."""
    own = {name: it for name, it in usecase.model.hyperparameters.items() if name in BOOSTER}
    parameters: dict[str, Any] = {**own, "objective": "binary:logistic", "eval_metric": "aucpr", "nthread": 1}
    bins = {"max_bin": int(own.get("max_bin", 256))}
    learned, judged = (xgb.QuantileDMatrix(splits[0].features, splits[0].labels, **bins), splits[1])
    held_out = xgb.QuantileDMatrix(judged.features, judged.labels, ref=learned, **bins)
    return xgb.train(parameters, learned, rounds, evals=[(held_out, "validation")], verbose_eval=False)


def _peak_mb(side: str, folder: Path, rounds: int) -> float:
    command = [sys.executable, "-m", "bench.training", side, str(folder), str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ))  # noqa: S603 - our own
    return float(done.stdout)


def main(side: str, folder: Path, rounds: int) -> None:
    """Run one side in this process, and print by how many MB its memory grew at most."""
    usecase, base = usecases.load(USECASE), _peak_kb()
    if side == "job":
        run_job(usecase, folder, rounds)
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
