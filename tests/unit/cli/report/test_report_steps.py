"""The steps of a story that did not come are told apart: some never happened, one waits for a person."""

from typing import Any

import pytest
from report_runs import FRAUD, Page, run, summary

import usecases
from cli.report.html import render
from cli.report.reaction import NEVER, WAITS
from headrace.usecase import UseCase

POINT = {"until": 1_773_800_000, "average_precision": 0.4, "without": 0.4}
LOANS = usecases.load("loans")


def told(usecase: UseCase, **loop: str | None) -> str:
    steps = dict.fromkeys(("drift_at", "detected_at", "decided_at", "retrained_at", "promoted_at", "recovered_at"))
    blocks: dict[str, Any] = {"loop": {**steps, **loop}, "quality": {"curve": [POINT]}, "audit": []}
    return Page.of(render(run(usecase=usecase, summary=summary(scenario="any", **blocks)))).text


def test_a_new_model_waits_for_a_person_where_the_use_case_says_so() -> None:
    text = told(LOANS, drift_at="2026-11-25T00:00:00Z", retrained_at="2026-11-28T01:32:11Z")
    assert f"a new model passed its gates 2026-11-28 01:32 3.1 days later the new model answered {WAITS}" in text
    assert f"answers were good again {NEVER}" in text


@pytest.mark.parametrize(
    ("usecase", "retrained_at"), [(LOANS, None), (FRAUD, "2026-11-28T01:32:11Z")], ids=["not trained", "automatic"]
)
def test_nobody_is_waited_for_otherwise(usecase: UseCase, retrained_at: str | None) -> None:
    assert WAITS not in told(usecase, drift_at="2026-11-25T00:00:00Z", retrained_at=retrained_at)
