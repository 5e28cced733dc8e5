"""The training job's own script as several processes of this machine, each with its share of the rows."""

import json
import socket
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from headrace.usecase import UseCase
from pipelines.jobs import training_set
from pipelines.retraining import sources

START, DAY = 1_522_540_800, 86_400
SPLITS = ("train", "validation", "all")
NAMES = ("127.0.0.1", "127.0.0.2")
QUICK = {"num_round": 60, "early_stopping_rounds": 8, "max_bin": 512, "subsample": 1, "nthread": 1}


def make_rows(usecase: UseCase, rows: int, seed: int) -> pa.Table:
    """Training rows whose features have at most 200 values, so that 512 bins are the same whoever holds which row."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.integers(0, 200, rows) / 10 for name in usecase.feature_names}
    first, second = (columns[name] for name in usecase.feature_names[:2])
    risk = first + second + rng.normal(0, 4, rows)
    schema = training_set.schema(usecase)
    known = {
        **columns,
        training_set.EVENT_ID: np.array([f"{seed}-{number:06}" for number in range(rows)]),
        training_set.TIMESTAMP: np.sort(START + rng.integers(0, 30 * DAY, rows)),
        training_set.LABEL: (risk > np.quantile(risk, 0.9)).astype(np.int8),
    }
    keys = rng.integers(0, 50, rows).astype(str)
    return pa.table([pa.array(known.get(it.name, keys)).cast(it.type) for it in schema], schema=schema)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One process of a job: where its files are, and the process."""

    root: Path
    process: subprocess.Popen[str]

    def wait(self, *, within_s: float) -> tuple[int, str]:
        """The exit code, and what it printed."""
        printed, _ = self.process.communicate(timeout=within_s)
        return self.process.returncode, printed

    @property
    def reason(self) -> str:
        """Where the platform reads why a job failed; empty where nothing is."""
        file = self.root / "output" / "failure"
        return file.read_text() if file.is_file() else ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training job's code and rows, whole and in shares, and the machines that were started."""

    root: Path
    script: Path
    started: list[Machine] = field(default_factory=list)

    @classmethod
    def prepare(cls, usecase: UseCase, root: Path) -> "Job":
        """Pack the code as a deployment does, and write the splits."""
        with tarfile.open(sources.build(usecase, root / "code").sourcedir) as packed:
            packed.extractall(root / "job", filter="data")
        for seed, name in enumerate(SPLITS):
            table = make_rows(usecase, 6_000, seed)
            training_set.write(table, root / "whole" / name)
            shares = len(NAMES) if name != "validation" else 1
            training_set.write(table, root / "shared" / name, shares)
        return cls(root=root, script=root / "job" / "train.py")

    def start_all(self, folder: str, **options: int) -> list[Machine]:
        """Start every machine of a job."""
        port = free_port()
        return [self.start(name, hosts=NAMES, port=port, folder=folder, **options) for name in NAMES]

    def start(self, name: str, *, hosts: tuple[str, ...], port: int, folder: str, **options: int) -> Machine:
        """Start the script as the container's toolkit does on one machine."""
        root = self.root / folder / name
        self._give_rows(root, name, hosts)
        env = {f"SM_CHANNEL_{split.upper()}": str(root / "data" / split) for split in SPLITS}
        env |= {"SM_MODEL_DIR": str(root / "model"), "SM_OUTPUT_DIR": str(root / "output")}
        env |= {"SM_HOSTS": json.dumps(hosts), "SM_CURRENT_HOST": name, "HEADRACE_RENDEZVOUS_PORT": str(port)}
        env |= {"SM_CHECKPOINT_DIR": str(root / "checkpoints"), "TRAINING_JOB_NAME": "job"}
        env |= {"PYTHONPATH": str(self.script.parent), "HOME": str(root), "PYTHONUNBUFFERED": "1"}
        given = {**QUICK, "usecase": "fraud", "host_timeout_s": 60, **options}
        arguments = [text for key, value in given.items() for text in (f"--{key}", str(value))]
        process = subprocess.Popen(
            [sys.executable, "-P", str(self.script), *arguments],
            env=env,
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(Machine(root=root, process=process))
        return self.started[-1]

    def _give_rows(self, root: Path, name: str, hosts: tuple[str, ...]) -> None:
        for split in SPLITS:
            own = root / "data" / split
            own.mkdir(parents=True)
            files = sorted((self.root / ("whole" if len(hosts) == 1 else "shared") / split).iterdir())
            chosen = files if len(files) == 1 else [files[hosts.index(name)]]
            for file in chosen:
                (own / file.name).symlink_to(file)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
