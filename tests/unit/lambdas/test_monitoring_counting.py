"""A plan of several machines: who counts which files, where the parts go, and who judges them."""

from dataclasses import replace
from typing import Any

import pytest
from monitoring_lake import CAPTURE, ENDPOINT, MemoryLake, asked, function

from headrace.errors import UseCaseError
from headrace.usecase import Compute
from lambdas.monitoring.logic import plan

PARTS = f"s3://lake/monitoring-parts/{ENDPOINT}/{ENDPOINT}-data-quality/2026/03/04/00"


def planned(files: int, instances: int, **more: str) -> dict[str, Any]:
    lake = MemoryLake(
        *(f"{CAPTURE}2026/03/03/05/{it}.jsonl" for it in range(files)), "ground-truth/2026/03/03/05/a.jsonl",
        f"{CAPTURE}2026/02/24/05/a.jsonl", f"{CAPTURE}2026/02/24/05/b.jsonl",
    )  # fmt: skip
    return plan(asked(**more), function(lake, compute=Compute(instances=instances)))


def inputs(job: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {it["InputName"]: it["S3Input"] for it in job["inputs"]}


def test_machines_share_the_files_and_leave_their_parts_where_the_judge_reads_them() -> None:
    found = planned(files=9, instances=4)
    count = found["count"]
    assert (found["counted"], count["instances"]) == (True, 4)
    shared = inputs(count)["capture"]
    assert (shared["S3DataType"], shared["S3DataDistributionType"]) == ("ManifestFile", "ShardedByS3Key")
    assert inputs(count)["headrace"]["S3DataDistributionType"] == "FullyReplicated"
    assert count["arguments"][0] == "--part"
    assert count["output"] == f"{PARTS}/by4"
    # A prefix without its slash would also be that of forty machines.
    assert (inputs(found)["capture"]["S3Uri"], inputs(found)["capture"]["S3DataType"]) == (f"{PARTS}/by4/", "S3Prefix")
    assert set(inputs(found)) == {"capture", "baseline", "headrace"}


def test_counting_and_judging_have_names_of_their_own_the_same_for_every_copy() -> None:
    found = planned(files=9, instances=4)
    assert found == planned(files=9, instances=4)
    name = f"{ENDPOINT}-data-quality-20260304-00"
    assert found["names"] == [f"{name}-{it}" for it in (1, 2)]
    assert found["count"]["names"] == [f"{name}-by4-{it}" for it in (1, 2)]


def test_a_window_that_is_counted_once_more_leaves_parts_of_its_own() -> None:
    again = planned(files=9, instances=4, attempt="b")
    assert again["count"]["output"] == f"{PARTS}/b-by4"
    assert "-b-by4-" in again["count"]["names"][0]


@pytest.mark.parametrize(("files", "instances", "used"), [(3, 20, 3), (1, 4, None), (9, 1, None)])
def test_no_machine_is_started_for_no_file(files: int, instances: int, used: int | None) -> None:
    found = planned(files, instances)
    assert found.get("count", {}).get("instances") == used
    assert found["counted"] is (used is not None)


@pytest.mark.parametrize("kind", ["model_quality", "attribution"])
def test_what_joins_or_explains_rows_has_one_machine(kind: str) -> None:
    assert planned(files=9, instances=4, kind=kind)["counted"] is False


def test_names_of_counting_jobs_fit_too() -> None:
    lake = MemoryLake(*(f"capture/{'x' * 60}/AllTraffic/2026/03/03/05/{it}.jsonl" for it in range(20)))
    long = replace(function(lake, compute=Compute(instances=20)), endpoint_name="x" * 60)
    names = plan(asked(attempt="again"), long)["count"]["names"]
    assert all(len(name) <= 63 for name in names)


@pytest.mark.parametrize("instances", [0, 21])
def test_a_number_of_machines_that_no_account_has_is_refused(instances: int) -> None:
    with pytest.raises(UseCaseError, match=r"monitor\.compute\.instances"):
        Compute(instances=instances)
