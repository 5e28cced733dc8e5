"""A plan names what the last runs of the same monitor found: only what is there, thirty at most, by few listings."""

import json

import pytest
from monitoring_lake import CAPTURE, ENDPOINT, MemoryLake, asked, function, manifest

from headrace.monitoring import MOST_EARLIER, Outputs
from headrace.usecase import Compute
from lambdas.monitoring.earlier import earlier
from lambdas.monitoring.logic import plan

END, HOUR, DAY = 1_772_582_400, 3_600, 86_400
"""END is 2026-03-04T00:00:00Z."""
FOLDER = f"{ENDPOINT}-data-quality/2026/03/04/00"
CAPTURED = f"{CAPTURE}2026/03/03/05/a.jsonl"


def run_of(end: int) -> str:
    return f"{Outputs(endpoint=ENDPOINT, kind='data_quality', end=end).folder}run.json"


def test_the_job_gets_the_runs_before_its_own_and_no_other_document() -> None:
    wanted = [run_of(END - days * DAY) for days in (9, 2, 1)]
    report = f"{Outputs(endpoint=ENDPOINT, kind='data_quality', end=END - DAY).folder}report.html"
    lake = MemoryLake(CAPTURED, *wanted, report, run_of(END), run_of(END + DAY), run_of(END - 31 * DAY))
    found = plan(asked(), function(lake))
    assert manifest(lake, FOLDER, "history") == wanted
    (given,) = [it["S3Input"] for it in found["inputs"] if it["InputName"] == "history"]
    assert given["S3Uri"] == f"s3://lake/monitoring-plans/{ENDPOINT}/{FOLDER}.history.manifest"
    assert given["S3DataType"] == "ManifestFile"
    arguments = dict(zip(found["arguments"][::2], found["arguments"][1::2], strict=True))
    assert arguments["--history"] == given["LocalPath"]


def test_the_first_run_has_no_such_input_for_a_manifest_of_nothing_stops_a_job() -> None:
    lake = MemoryLake(CAPTURED)
    found = plan(asked(), function(lake))
    assert "history" not in {it["InputName"] for it in found["inputs"]}
    assert "--history" not in found["arguments"]
    assert not [key for key in lake.objects if key.endswith("history.manifest")]


def test_a_copy_of_a_request_reads_what_the_first_one_found() -> None:
    lake = MemoryLake(CAPTURED, run_of(END - 2 * DAY))
    first = plan(asked(), function(lake))
    lake.put(run_of(END - DAY), b"{}")
    assert plan(asked(), function(lake)) == first
    assert manifest(lake, FOLDER, "history") == [run_of(END - 2 * DAY)]


def test_a_plan_of_an_earlier_version_has_no_history() -> None:
    lake = MemoryLake(CAPTURED, run_of(END - DAY))
    plan(asked(), function(lake))
    key = f"monitoring-plans/{ENDPOINT}/{FOLDER}.json"
    old = json.loads(lake.objects[key])
    del old["history"]
    lake.put(key, json.dumps(old).encode())
    assert "--history" not in plan(asked(), function(lake))["arguments"]


def test_other_kinds_have_no_distances_and_read_none() -> None:
    before = Outputs(endpoint=ENDPOINT, kind="attribution", end=END - DAY)
    lake = MemoryLake(CAPTURED, f"{before.folder}run.json")
    assert "--history" not in plan(asked(kind="attribution"), function(lake))["arguments"]


def test_of_several_machines_only_the_one_that_judges_reads_history() -> None:
    files = [f"{CAPTURE}2026/03/03/0{hour}/a.jsonl" for hour in range(4)]
    lake = MemoryLake(*files, run_of(END - DAY))
    found = plan(asked(), function(lake, compute=Compute(instances=4)))
    assert "history" in {it["InputName"] for it in found["inputs"]}
    assert "history" not in {it["InputName"] for it in found["count"]["inputs"]}


@pytest.mark.parametrize("every_s", [HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY])
def test_few_listings_find_the_newest_thirty_whatever_the_window(every_s: int) -> None:
    run, asked_for = Outputs(endpoint=ENDPOINT, kind="data_quality", end=END), []
    lake = MemoryLake(*(run_of(END - number * every_s) for number in range(-3, 50)))

    def keys(prefix: str) -> list[str]:
        asked_for.append(prefix)
        return lake.keys(prefix)

    found = earlier(keys, run, every_s)
    assert list(found) == [run_of(END - number * every_s) for number in range(MOST_EARLIER, 0, -1)]
    assert len(asked_for) <= 16
    assert all(it.startswith(f"monitoring/{ENDPOINT}/{ENDPOINT}-data-quality/202") for it in asked_for)
