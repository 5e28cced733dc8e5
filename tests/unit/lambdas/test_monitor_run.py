"""A run of a monitor in a function: the job of the container, inputs from the lake, documents back, verdict last."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from monitoring_lake import CAPTURE, MemoryLake, asked, function

from headrace.errors import RejectedError
from headrace.usecase import Compute
from lambdas.monitor_run.adapters import MonitorJob
from lambdas.monitor_run.logic import RunLostError, Runner, run
from lambdas.monitoring.logic import plan

FILES = tuple(f"{CAPTURE}2026/03/03/{hour}/a.jsonl" for hour in ("04", "05"))
Act = Callable[[dict[str, str]], int]


class FileLake(MemoryLake):
    """Remembers in which order it was written."""

    def __init__(self, *keys: str) -> None:
        super().__init__(*keys)
        self.written: list[str] = []

    def fetch(self, key: str, path: Path) -> None:
        path.write_bytes(self.objects[key])

    def put(self, key: str, body: bytes) -> None:
        super().put(key, body)
        self.written.append(key)


class FakeJob:
    """Does what a test says with the arguments."""

    def __init__(self, act: Act) -> None:
        self.act, self.given = act, dict[str, str]()

    def run(self, arguments: Sequence[str], *, within_s: float) -> int:
        self.given = dict(zip(arguments[::2], arguments[1::2], strict=True))
        return self.act(self.given)


def judged(given: dict[str, str]) -> int:
    """Leaves a document of each kind."""
    out = Path(given["--output"])
    out.mkdir(parents=True, exist_ok=True)
    for name in ("constraint_violations.json", "run.json", "statistics.json", "constraints.json"):
        (out / name).write_text(json.dumps(sorted(it.name for it in Path(given["--capture"]).rglob("*.jsonl"))))
    return 0


def refused(given: dict[str, str]) -> int:
    reason = Path(given["--reason-file"])
    reason.parent.mkdir(parents=True, exist_ok=True)
    reason.write_text("holds no rows; there is nothing to judge")
    return 1


@pytest.fixture
def lake() -> FileLake:
    return FileLake(*FILES, "b/statistics.json", "b/constraints.json", "beside/statistics.json")


def request_of(lake: FileLake, **more: str) -> dict[str, Any]:
    found = plan(asked(**more), function(lake, compute=Compute(runs_on="lambda")))
    assert found["runs_on"] == "lambda"
    lake.written.clear()
    return found


def test_the_window_is_judged_and_the_violations_are_written_last(lake: FileLake) -> None:
    wanted = request_of(lake)
    job = FakeJob(judged)
    assert run(wanted, Runner(bucket="lake", lake=lake, job=job), within_s=60) == {"judged": True}
    names = [key.removeprefix(wanted["folder"]) for key in lake.written]
    assert sorted(names) == ["constraint_violations.json", "constraints.json", "run.json", "statistics.json"]
    assert names[-1] == "constraint_violations.json"
    assert json.loads(lake.objects[lake.written[0]]) == ["a.jsonl", "a.jsonl"]
    assert job.given["--kind"] == "data_quality"
    assert not Path(job.given["--output"]).exists(), "scratch is left behind"


def test_an_input_is_the_folder_it_names_and_not_what_begins_alike(lake: FileLake) -> None:
    seen: list[str] = []

    def look(given: dict[str, str]) -> int:
        root = Path(given["--baseline"])
        seen.extend(sorted(it.relative_to(root).as_posix() for it in root.rglob("*") if it.is_file()))
        return judged(given)

    run(request_of(lake), Runner(bucket="lake", lake=lake, job=FakeJob(look)), within_s=60)
    assert seen == ["constraints.json", "statistics.json"]


def test_a_window_that_is_delivered_twice_is_judged_once_unless_somebody_asks_again(lake: FileLake) -> None:
    calls: list[int] = []

    def counted(given: dict[str, str]) -> int:
        calls.append(1)
        return judged(given)

    runner = Runner(bucket="lake", lake=lake, job=FakeJob(counted))
    found = [run(request_of(lake, **more), runner, within_s=60) for more in ({}, {}, {"attempt": "b"})]
    assert [it["judged"] for it in found] == [True, False, True]
    assert len(calls) == 2


def test_an_input_that_cannot_be_used_is_refused_in_the_jobs_words(lake: FileLake) -> None:
    with pytest.raises(RejectedError, match="there is nothing to judge"):
        run(request_of(lake), Runner(bucket="lake", lake=lake, job=FakeJob(refused)), within_s=60)
    assert not lake.written


@pytest.mark.parametrize("code", [-9, 137, 2])
def test_a_job_without_a_verdict_is_lost_and_writes_nothing(lake: FileLake, code: int) -> None:
    with pytest.raises(RunLostError, match="let a machine judge"):
        run(request_of(lake), Runner(bucket="lake", lake=lake, job=FakeJob(lambda _: code)), within_s=60)
    assert not lake.written


@pytest.mark.parametrize("uri", ["s3://other/b", "b"])
def test_nothing_outside_of_the_lake_is_read(lake: FileLake, uri: str) -> None:
    wanted = request_of(lake)
    wanted["inputs"][-2]["S3Input"]["S3Uri"] = uri
    with pytest.raises(RejectedError, match="is not in the lake"):
        run(wanted, Runner(bucket="lake", lake=lake, job=FakeJob(judged)), within_s=60)


def test_a_manifest_cannot_write_outside_of_its_folder(lake: FileLake) -> None:
    wanted = request_of(lake)
    (manifest,) = [it["S3Input"]["S3Uri"] for it in wanted["inputs"] if it["InputName"] == "capture"]
    lake.put(manifest.removeprefix("s3://lake/"), json.dumps([{"prefix": "s3://lake/"}, "../../x"]).encode())
    with pytest.raises(RejectedError, match="leaves its folder"):
        run(wanted, Runner(bucket="lake", lake=lake, job=FakeJob(judged)), within_s=60)


def test_the_job_is_a_process_that_can_import_what_the_function_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.monitor_run.adapters._JOB", "this")
    assert MonitorJob().run([], within_s=30) == 0


def test_a_job_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "slow_job.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr("lambdas.monitor_run.adapters._JOB", "slow_job")
    with pytest.raises(RunLostError, match="took longer than"):
        MonitorJob().run([], within_s=0.2)
