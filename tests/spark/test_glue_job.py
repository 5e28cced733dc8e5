"""The job as Glue runs it: its script, its arguments, and nothing of ours but the zip that travels with it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lake_files import put_events, put_labels

import usecases
from pipelines.glue import training_set
from pipelines.retraining import sources
from pipelines.training_set import Folder, build
from pipelines.training_set.arguments import parse
from simulators import fraud

FIRST_S = 1_522_540_800  # 2018-04-01
SPARK = (
    "--master local[2] --conf spark.ui.enabled=false --conf spark.ui.showConsoleProgress=false "
    "--conf spark.sql.shuffle.partitions=2 --conf spark.driver.bindAddress=127.0.0.1 "
    "--conf spark.driver.host=127.0.0.1 pyspark-shell"
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    purchases = fraud.simulate(start=FIRST_S, days=12, per_day=60, seed=1)
    put_events(tmp_path, purchases.drop(columns="fraud"))
    labels = purchases.drop(columns="amount").assign(labelled_at=purchases["timestamp"] + 7 * 86_400)
    put_labels(tmp_path, labels.to_dict("records"))
    return tmp_path


def arguments(lake: Path, name: str) -> list[str]:
    days = ["--since", "2018-04-01", "--until", "2018-04-13", "--labels_until", "2018-04-20"]
    return ["--usecase", "fraud", "--lake", str(lake), "--set", name, *days]


def test_the_script_runs_on_the_zip_alone_and_writes_what_one_machine_writes(lake: Path, tmp_path: Path) -> None:
    code = sources.build_training_set(usecases.load("fraud"), tmp_path / "code")
    of_glue = ["--JOB_NAME", "job", "--job-bookmark-option", "job-bookmark-disable", "--enable-metrics", "true"]
    here = {**os.environ, "PYTHONPATH": str(code.packages), "PYSPARK_SUBMIT_ARGS": SPARK, "SPARK_LOCAL_IP": "127.0.0.1"}
    ended = subprocess.run(
        [sys.executable, str(code.script), *of_glue, *arguments(lake, "glue")],
        env={**here, "PYSPARK_PYTHON": sys.executable},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2_000:]
    machine = build(*_ordered(lake, "machine")).manifest
    summary = json.loads(ended.stdout.splitlines()[-1])
    manifest = json.loads((lake / "training/glue/manifest.json").read_text())
    assert summary["rows"] == manifest["rows"] > 600
    assert {**manifest, "set": "machine"} == machine  # the same code version, from a zip and from a checkout


def test_glues_own_way_to_arguments_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def options(argv: list[str], names: list[str]) -> dict[str, Any]:
        assert names == ["usecase", "lake", "set", "until"]
        return {name: argv[argv.index(f"--{name}") + 1] for name in names} | {"JOB_NAME": "job"}

    argv = [
        "script",
        "--JOB_NAME",
        "job",
        "--lake",
        "s3://lake",
        "--usecase",
        "fraud",
        "--set",
        "s",
        "--until",
        "today",
    ]
    monkeypatch.setattr(training_set, "getResolvedOptions", options)
    resolved = training_set.resolved(argv)
    assert resolved == ["--usecase", "fraud", "--lake", "s3://lake", "--set", "s", "--until", "today"]
    monkeypatch.setattr(training_set, "getResolvedOptions", None)
    assert training_set.resolved(argv) == argv[1:]


def _ordered(lake: Path, name: str) -> tuple[Folder, Any]:
    store, order = parse(arguments(lake, name))
    assert isinstance(store, Folder)
    return store, order
