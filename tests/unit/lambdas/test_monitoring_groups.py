"""The plan of a bias run: a month of answers whose labels have come, and the events that tell of groups."""

import json
from dataclasses import replace
from typing import Any

import pytest
from monitoring_lake import MODEL, FakeEndpoint, MemoryLake

import usecases
from headrace.usecase import Facet, UseCase
from lambdas.monitoring.logic import Monitoring, plan

LOANS = usecases.load("loans")
ENDPOINT = "headrace-loans-prod"
CAPTURE = f"capture/{ENDPOINT}/AllTraffic/"
PLAN = f"monitoring-plans/{ENDPOINT}/{ENDPOINT}-bias/2026/03/01/00"
# On the first of March: answers from 18 January on, labelled a fortnight later.
FIRST, LAST = f"{CAPTURE}2026/01/18/00/a.jsonl", f"{CAPTURE}2026/02/14/23/a.jsonl"
WAITED, ARRIVED = "events/dt=2026-01-17/hh=00/a.parquet", "events/dt=2026-02-14/hh=23/b.parquet"
TRUTH = "ground-truth/2026/02/01/05/a.jsonl"
MARCH = {"kind": "bias", "time": "2026-03-01T01:00:00Z"}


def function(lake: MemoryLake, usecase: UseCase = LOANS) -> Monitoring:
    return Monitoring(
        usecase=usecase, stage="prod", bucket="lake", endpoint_name=ENDPOINT, variant="AllTraffic",
        packages="s3://code/headrace.zip", lake=lake, endpoint=FakeEndpoint(MODEL),
    )  # fmt: skip


def manifest(lake: MemoryLake, name: str) -> list[Any]:
    found: list[Any] = json.loads(lake.objects[f"{PLAN}.{name}.manifest"])[1:]
    return found


def test_a_month_of_answers_is_held_against_events_and_labels() -> None:
    beside = (
        f"{CAPTURE}2026/01/17/23/a.jsonl", f"{CAPTURE}2026/02/15/00/a.jsonl",
        "events/dt=2026-01-16/hh=23/a.parquet", "events/dt=2026-02-15/hh=00/a.parquet",
    )  # fmt: skip
    lake = MemoryLake(FIRST, LAST, WAITED, ARRIVED, TRUTH, *beside)
    found = plan(MARCH, function(lake))
    assert found["ready"]
    assert manifest(lake, "capture") == [FIRST, LAST]
    assert manifest(lake, "events") == [WAITED, ARRIVED]
    assert manifest(lake, "truth") == [TRUTH]
    arguments = dict(zip(found["arguments"][::2], found["arguments"][1::2], strict=True))
    window = (arguments["--window-start"], arguments["--window-end"])
    assert window == ("2026-01-18T00:00:00Z", "2026-02-15T00:00:00Z")
    (events,) = [it["S3Input"] for it in found["inputs"] if it["InputName"] == "events"]
    assert events["S3Uri"] == f"s3://lake/{PLAN}.events.manifest"
    assert events["LocalPath"] == arguments["--events"]
    assert (found["runs_on"], found["names"][0]) == ("processing", f"{ENDPOINT}-bias-20260301-00-1")


def test_a_plan_that_is_found_names_the_same_events() -> None:
    lake = MemoryLake(FIRST, WAITED, TRUTH)
    first = plan(MARCH, function(lake))
    lake.put(ARRIVED, b"x")
    assert plan(MARCH, function(lake)) == first
    assert manifest(lake, "events") == [WAITED]


def test_events_of_late_answers_are_looked_up_as_far_back_as_these_may_be() -> None:
    lake = MemoryLake(FIRST, WAITED, TRUTH)
    plan({**MARCH, "time": "2026-02-01T01:00:00Z"}, function(lake))
    late, about = f"{CAPTURE}2025/12/20/05/late.jsonl", "events/dt=2025-12-20/hh=05/a.parquet"
    lake.put(late, b"x")
    lake.put(about, b"x")
    plan(MARCH, function(lake))
    assert manifest(lake, "capture") == [FIRST, late]
    assert about in manifest(lake, "events")


def test_without_an_event_in_the_lake_nobody_is_judged_and_the_reason_told() -> None:
    found = plan(MARCH, function(MemoryLake(FIRST, TRUTH)))
    assert found == {"ready": False, "reason": "no event of the window is in the lake, and only events tell of groups"}


@pytest.mark.parametrize(("field", "inputs"), [("income", {"capture", "truth"}), ("age", {"capture", "truth"})])
def test_a_facet_that_is_a_feature_is_judged_without_events(field: str, inputs: set[str]) -> None:
    facets = tuple(Facet(field=it, below=25) for it in dict.fromkeys(("income", field)))
    usecase = replace(LOANS, model=replace(LOANS.model, facets=facets))
    found = plan(MARCH, function(MemoryLake(FIRST, TRUTH), usecase))
    assert {it["InputName"] for it in found["inputs"]} - {"evaluation", "model", "bias", "headrace"} == inputs
