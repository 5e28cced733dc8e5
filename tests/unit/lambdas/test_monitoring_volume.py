"""A window is judged in a function or on a machine: as the use case says, or as much as there is to read."""

from typing import Any

import pytest
from monitoring_lake import CAPTURE, MemoryLake, asked, function

from headrace.errors import UseCaseError
from headrace.usecase import Compute
from lambdas.monitoring.logic import plan

DAY, BEFORE = f"{CAPTURE}2026/03/03/05/", f"{CAPTURE}2026/02/24/05/"


def planned(sizes: list[int], kind: str = "data_quality", **compute: Any) -> dict[str, Any]:
    lake = MemoryLake("ground-truth/2026/03/03/05/a.jsonl")
    for place, size in enumerate(sizes):
        lake.put(f"{DAY}{place}.jsonl", b"x" * size)
        lake.put(f"{BEFORE}{place}.jsonl", b"x" * size)
    lake.put(f"{CAPTURE}2026/03/03/23/other.jsonl", b"")
    return plan(asked(kind=kind), function(lake, compute=Compute(**compute)))


@pytest.mark.parametrize(
    ("sizes", "where"),
    [([400_000, 600_000], "lambda"), ([400_001, 600_000], "processing"), ([1], "lambda"), ([2_000_000], "processing")],
)
def test_volume_decides_by_what_the_window_holds(sizes: list[int], where: str) -> None:
    assert planned(sizes, runs_on="volume", lambda_mb=1)["runs_on"] == where


@pytest.mark.parametrize(("runs_on", "where"), [("processing", "processing"), ("lambda", "lambda")])
def test_where_volume_does_not_decide_the_use_case_does(runs_on: str, where: str) -> None:
    assert planned([2_000_000], runs_on=runs_on, lambda_mb=1)["runs_on"] == where


@pytest.mark.parametrize(
    ("kind", "where"), [("data_quality", "lambda"), ("model_quality", "lambda"), ("attribution", "processing")]
)
def test_kinds_that_ask_the_model_always_have_a_machine(kind: str, where: str) -> None:
    assert planned([10], kind, runs_on="lambda")["runs_on"] == where


def test_a_small_window_is_not_shared_out_and_a_large_one_is() -> None:
    small, large = (
        planned([10, 10, 10] if it else [900_000] * 3, runs_on="volume", lambda_mb=1, instances=2) for it in (1, 0)
    )
    assert (small["counted"], large["counted"]) == (False, True)
    assert large["count"]["instances"] == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"runs_on": "mainframe"}, "runs_on"), ({"lambda_mb": 0}, "lambda_mb"), ({"lambda_mb": 9_999}, "lambda_mb")],
)
def test_a_place_that_there_is_not_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(UseCaseError, match=rf"monitor\.compute\.{field}"):
        Compute(**wrong)
