"""Answers are judged by what the version that they name would say; everything is counted, nothing is hidden."""

from typing import Any

import pytest
from load_shots import TRUTH, answer, degraded, shot

from cli.loadtest import verdict
from cli.loadtest.verdict import by_consistency, by_truth, judge, summary


def judged(*bodies: dict[str, Any], status: int = 200) -> list[str]:
    shots = [shot(number, body, status=status) for number, body in enumerate(bodies)]
    return [it.judgement for it in judge(shots, 2, "REVIEW", by_truth(TRUTH))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (answer(), "ok"),
        (answer(0.25 + 1e-7), "ok"),
        (answer(0.5, "v2", "REVIEW"), "ok"),
        (answer(0.5), "wrong"),
        (answer(0.25, "v2"), "wrong"),
        (answer(0.25, "v3"), "wrong"),
        (answer(0.25, None), "wrong"),
        (answer(decision="BLOCK"), "wrong"),
        (answer(None), "wrong"),
        (answer("0.25"), "wrong"),  # type: ignore[arg-type]  # what a broken service might send
        ({}, "wrong"),
        (degraded(), "degraded"),
        (degraded(decision="APPROVE"), "wrong"),
        (degraded(reason=None), "wrong"),
        (degraded(score=0.2), "wrong"),
    ],
)
def test_an_answer_is_right_if_its_version_gives_that_score_and_decision(body: dict[str, Any], expected: str) -> None:
    assert judged(body) == [expected]


def test_each_question_has_its_own_right_answer() -> None:
    assert judged(answer(), answer(0.9, "v1", "BLOCK"), answer(0.9, "v1", "BLOCK")) == ["ok", "ok", "wrong"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(0, "unanswered"), (500, "failed_5xx"), (503, "failed_5xx"), (429, "refused"), (400, "refused")],
)
def test_what_is_no_answer_is_told_apart(status: int, expected: str) -> None:
    assert judged({}, status=status) == [expected]


def test_without_models_an_answer_is_right_if_the_version_always_says_so() -> None:
    shots = [shot(0), shot(1, answer(0.9)), shot(2), shot(3, answer(0.8)), shot(4, answer(0.1, "v2"))]
    found = [it.judgement for it in judge(shots, 2, "REVIEW", by_consistency())]
    assert found == ["ok", "ok", "ok", "wrong", "ok"]
    assert judge([shot(0, answer(version=None))], 2, "REVIEW", by_consistency())[0].judgement == "wrong"


def test_the_summary_counts_everything_and_times_from_the_timetable() -> None:
    shots = [
        shot(0),
        shot(1, degraded()),
        shot(2, answer(0.5, "v2", "REVIEW"), late_s=2.0),
        shot(3, {}, status=502),
        shot(4, {}, status=0),
    ]
    found = summary(judge(shots, 2, "REVIEW", by_truth(TRUTH)))
    assert found["sent"] == 5
    assert {name: found[name] for name in verdict.JUDGEMENTS} == {
        "ok": 2,
        "degraded": 1,
        "wrong": 0,
        "failed_5xx": 1,
        "refused": 0,
        "unanswered": 1,
    }
    assert (found["p50_ms"], found["p99_ms"]) == pytest.approx((10.0, 1950.0), abs=1)
    assert found["versions"] == {"v1": 1, "v2": 1}
    assert found["reasons"] == {"endpoint_error": 1}


def test_no_answers_have_no_latency() -> None:
    assert (summary([])["sent"], summary([])["p99_ms"]) == (0, None)


def test_what_should_not_be_is_shown_with_examples() -> None:
    shots = [shot(number, {}, status=500) for number in range(9)] + [shot(9)]
    found = verdict.examples(judge(shots, 1, "REVIEW", by_truth(TRUTH)))
    assert list(found) == ["failed_5xx"]
    assert len(found["failed_5xx"]) == 3
    assert found["failed_5xx"][0] == {"at_s": 0.0, "status": 500, "body": {}}
