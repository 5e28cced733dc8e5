"""Training sets generated for tests, and jobs run as the container runs them: as processes, from the packed sources."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from headrace.usecase import UseCase
from pipelines.retraining import sources

ROOT = Path(__file__).resolve().parents[3]
DAY = 86_400
QUICK = {"num_round": 40, "max_bin": 256, "min_child_weight": 5, "lambda": 1, "colsample_bytree": 0.8}
"""Hyperparameters that make a few thousand rows tell something in a few rounds."""
START = 1_522_540_800  # 2018-04-01T00:00:00Z
# An image holds no checkout: what a job imports must come with it.
RUN_OUTSIDE_THE_CHECKOUT = (
    "import runpy, sys, pathlib;"
    "sys.path[:] = [p for p in sys.path if pathlib.Path(p or '.').resolve() != pathlib.Path(sys.argv[1])];"
    "sys.argv[:] = sys.argv[2:];"
    "sys.path.insert(0, str(pathlib.Path(sys.argv[0]).parent));"
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


def run_job(script: Path, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as a container does: an environment of its own, and nothing of the checkout on the path."""
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", RUN_OUTSIDE_THE_CHECKOUT, str(ROOT), str(script)]
    kept = {name: os.environ[name] for name in ("PATH", "OMP_NUM_THREADS") if name in os.environ}
    return subprocess.run(
        [*command, *arguments],
        env={**kept, "HOME": str(script.parent), **env},
        cwd=script.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


MakeTrainingSet = Callable[..., pd.DataFrame]
MakeDefinition = Callable[..., dict[str, Any]]


def make_training_set(usecase: UseCase, rows: int = 4_000, days: int = 100, seed: int = 1) -> pd.DataFrame:
    """A frame of training rows in which a high amount at a risky terminal tends to be fraud."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{number:06d}" for number in rng.permutation(rows)],
            "timestamp": START + rng.integers(0, days * DAY, rows),
            "customer_id": rng.integers(0, 50, rows).astype(str),
            "terminal_id": rng.integers(0, 80, rows).astype(str),
        }
    )
    for name in usecase.feature_names:
        frame[name] = rng.gamma(2.0, 1.0, rows).round(4)
    frame["terminal_count_30d"] = frame["terminal_count_30d"].where(rng.random(rows) > 0.1)
    risk = frame["amount"] + 2 * frame["terminal_fraud_rate_7d"] - 11 + rng.normal(0, 1, rows)
    frame["label"] = (risk > 0).astype("int8")
    return frame


def write_training_set(frame: pd.DataFrame, folder: Path, files: int = 2) -> Path:
    """Write a frame as Parquet files, rows dealt out between them."""
    folder.mkdir(parents=True)
    for number in range(files):
        frame.iloc[number::files].to_parquet(folder / f"part-{number}.parquet", index=False)
    return folder


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What one run of preprocess, train and evaluate left behind."""

    root: Path
    splits: Path
    model: Path
    about: dict[str, Any]
    evaluation: dict[str, Any]
    manifest: dict[str, Any]
    training_log: str


def run_jobs(usecase: UseCase, root: Path) -> Trained:
    """Preprocess, train and evaluate, each a process of its own with the packed sources below a temporary /opt/ml."""
    data = write_training_set(make_training_set(usecase), root / "data")
    code = sources.build(usecase, root / "code")
    shipped = {"PYTHONPATH": str(code.headrace)}
    splits, model, reason = root / "splits", root / "model", ("--reason-file", str(root / "message"))

    _require_success(
        run_job(
            code.preprocess,
            "--usecase",
            usecase.name,
            "--input",
            str(data),
            "--output",
            str(splits),
            *reason,
            env=shipped,
        )
    )
    log = _train(code.sourcedir, root, splits)
    test, output = str(splits / "test"), str(root / "evaluation")
    places = ("--model", str(model), "--test", test, "--output", output, "--resamples", "50")
    places += ("--manifest", str(splits / "manifest"), "--train", str(splits / "train"), "--lineage", "reason=test")
    _require_success(run_job(code.evaluate, "--usecase", usecase.name, *places, *reason, env=shipped))
    return Trained(
        root=root,
        splits=splits,
        model=model,
        about=json.loads((model / "headrace.json").read_text()),
        evaluation=json.loads((root / "evaluation" / "evaluation.json").read_text()),
        manifest=json.loads((splits / "manifest" / "data_manifest.json").read_text()),
        training_log=log,
    )


def _train(archive: Path, root: Path, splits: Path) -> str:
    unpacked = root / "unpacked"
    with tarfile.open(archive) as packed:
        packed.extractall(unpacked, filter="data")
    channels = {f"SM_CHANNEL_{name.upper()}": str(splits / name) for name in ("train", "validation", "all")}
    places = {"SM_MODEL_DIR": str(root / "model"), "SM_OUTPUT_DIR": str(root / "output")}
    hyperparameters = ["--usecase", "fraud", "--model_version", "execution-1"]
    hyperparameters += [text for name, value in QUICK.items() for text in (f"--{name}", str(value))]
    env = {**channels, **places, "SM_CHECKPOINT_DIR": str(root / "checkpoints")}
    return _require_success(run_job(unpacked / "train.py", *hyperparameters, env=env))


def _require_success(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout
