"""Monitoring: a window is read once, late files by the next run, and a request that comes twice is one job."""

from dataclasses import replace

import pytest
from monitoring_lake import ARN, CAPTURE, ENDPOINT, MODEL, MemoryLake, asked, function, manifest

from headrace.errors import RejectedError
from lambdas.monitoring.logic import plan
from lambdas.monitoring.requests import DeployedModel


def test_a_daily_run_reads_yesterdays_capture_and_nothing_else() -> None:
    wanted = [f"{CAPTURE}2026/03/03/{hour}/a.jsonl" for hour in ("00", "12", "23")]
    lake = MemoryLake(*wanted, f"{CAPTURE}2026/03/02/23/a.jsonl", f"{CAPTURE}2026/03/04/00/a.jsonl")
    found = plan(asked(), function(lake))
    assert found["ready"]
    assert found["output"] == f"s3://lake/monitoring/{ENDPOINT}/{ENDPOINT}-data-quality/2026/03/04/00"
    assert manifest(lake, f"{ENDPOINT}-data-quality/2026/03/04/00") == wanted


def test_a_request_that_comes_twice_is_one_job() -> None:
    lake = MemoryLake(f"{CAPTURE}2026/03/03/05/a.jsonl")
    first = plan(asked(), function(lake))
    lake.put(f"{CAPTURE}2026/03/03/05/later.jsonl", b"x")
    assert plan(asked("2026-03-04T01:00:20Z"), function(lake)) == first
    assert first["names"] == [f"{ENDPOINT}-data-quality-20260304-00-{it}" for it in (1, 2)]


def test_a_window_is_judged_once_more_only_on_request() -> None:
    lake = MemoryLake(f"{CAPTURE}2026/03/03/05/a.jsonl")
    again = plan(asked(attempt="b"), function(lake))
    assert again["names"][0] == f"{ENDPOINT}-data-quality-20260304-00-b-1"


def test_late_files_are_read_by_the_next_run_and_only_by_it() -> None:
    lake = MemoryLake(f"{CAPTURE}2026/03/02/05/a.jsonl")
    plan(asked("2026-03-03T01:00:00Z"), function(lake))
    late, day = f"{CAPTURE}2026/03/02/23/late.jsonl", f"{CAPTURE}2026/03/03/05/b.jsonl"
    lake.put(late, b"x")
    lake.put(day, b"x")
    plan(asked("2026-03-04T01:00:00Z"), function(lake))
    assert sorted(manifest(lake, f"{ENDPOINT}-data-quality/2026/03/04/00")) == [late, day]
    lake.put(f"{CAPTURE}2026/03/04/00/c.jsonl", b"x")
    plan(asked("2026-03-05T01:00:00Z"), function(lake))
    assert manifest(lake, f"{ENDPOINT}-data-quality/2026/03/05/00") == [f"{CAPTURE}2026/03/04/00/c.jsonl"]


def test_quality_looks_back_by_the_labels_delay_and_takes_the_labels_since() -> None:
    old, recent = f"{CAPTURE}2026/03/03/05/a.jsonl", f"{CAPTURE}2026/03/10/05/a.jsonl"
    truth = [f"ground-truth/2026/03/{day}/05/a.jsonl" for day in ("03", "10")]
    lake = MemoryLake(old, recent, *truth, "ground-truth/2026/03/02/05/a.jsonl")
    found = plan(asked("2026-03-11T01:00:00Z", "model_quality"), function(lake))
    folder = f"{ENDPOINT}-model-quality/2026/03/11/00"
    assert manifest(lake, folder) == [old]
    assert manifest(lake, folder, "truth") == truth
    arguments = dict(zip(found["arguments"][::2], found["arguments"][1::2], strict=True))
    assert arguments["--window-end"] == "2026-03-04T00:00:00Z"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("data_quality", {"capture", "baseline", "headrace"}),
        ("model_quality", {"capture", "truth", "evaluation", "headrace"}),
        ("attribution", {"capture", "evaluation", "model", "explanation", "headrace"}),
        ("bias", {"capture", "truth", "evaluation", "model", "bias", "headrace"}),
    ],
)
def test_a_job_gets_what_its_kind_compares_with(kind: str, names: set[str]) -> None:
    lake = MemoryLake(
        *(f"{CAPTURE}2026/{day}/05/a.jsonl" for day in ("03/03", "02/24")), "ground-truth/2026/03/03/05/a.jsonl"
    )
    found = plan(asked(kind=kind), function(lake))
    assert {it["InputName"] for it in found["inputs"]} == names
    arguments = dict(zip(found["arguments"][::2], found["arguments"][1::2], strict=True))
    for it in found["inputs"]:
        if it["InputName"] != "headrace":
            assert arguments[f"--{it['InputName']}"] == it["S3Input"]["LocalPath"]


def test_an_hourly_window_reads_its_own_hour() -> None:
    lake = MemoryLake(*(f"{CAPTURE}2026/03/03/{hour}/a.jsonl" for hour in ("04", "05", "06")))
    plan(asked("2026-03-03T06:15:00Z"), function(lake, every="1h", lag="15m"))
    assert manifest(lake, f"{ENDPOINT}-data-quality/2026/03/03/06") == [f"{CAPTURE}2026/03/03/05/a.jsonl"]


@pytest.mark.parametrize(
    ("model", "keys", "kind", "reason"),
    [
        (None, (), "data_quality", "no model is deployed"),
        (DeployedModel(package_arn=ARN), (), "data_quality", "brings no baseline"),
        (DeployedModel(package_arn=ARN, evaluation="s3://e"), (), "attribution", "brings no model"),
        (MODEL, (), "data_quality", "nothing was captured from 2026-03-03"),
        (MODEL, (f"{CAPTURE}2026/02/24/05/a.jsonl",), "model_quality", "no label has come yet"),
    ],
)
def test_a_run_that_has_nothing_to_judge_says_why(
    model: DeployedModel | None, keys: tuple[str, ...], kind: str, reason: str
) -> None:
    found = plan(asked(kind=kind), function(MemoryLake(*keys), model))
    assert not found["ready"]
    assert reason in found["reason"]


@pytest.mark.parametrize(
    "event", [{"kind": "colour", "time": "2026-03-04T01:00:00Z"}, {"kind": "bias", "time": "soon"}]
)
def test_what_is_no_request_is_refused(event: dict[str, str]) -> None:
    with pytest.raises(RejectedError):
        plan(event, function(MemoryLake()))


def test_names_of_jobs_fit_whatever_the_use_case_is_called() -> None:
    long = replace(function(MemoryLake(f"capture/{'x' * 60}/AllTraffic/2026/03/03/05/a.jsonl")), endpoint_name="x" * 60)
    names = plan(asked(), long)["names"]
    assert all(len(name) <= 63 for name in names)
    assert len({*names}) == 2
