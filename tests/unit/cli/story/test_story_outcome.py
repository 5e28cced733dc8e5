"""The end of a story says what happened when, and null where nothing did."""

from typing import Any

import pytest
from story_world import STORY, answers, day, decision

from cli.story.audit import DEPLOYED, FINISHED
from cli.story.outcome import blocks, nothing, timeline
from headrace.schema import format_timestamp

TRAIL = [
    decision(-0.1, "ignore", source=FINISHED, severity="none", reason="training cli-1 succeeded"),
    decision(2, "notify", reason="a quiet day's false alarm"),
    decision(5, "notify"),
    decision(6, "retrain"),
    decision(6.1, "ignore", source=FINISHED, severity="none", reason="training d-1 succeeded"),
    decision(7, "ignore", source=DEPLOYED, severity="none", reason="package/2 is in force"),
]


def document(promoted: int | None, trail: list[Any]) -> dict[str, Any]:
    return blocks(STORY, trail, answers(promoted=promoted))


def test_the_steps_come_from_the_audit_trail_and_the_answers() -> None:
    found = timeline(STORY, TRAIL, answers(promoted=7))
    assert (found.drift_at, found.detected_at, found.decided_at) == (day(4), day(5), day(6))
    assert (found.retrained_at, found.promoted_at, found.recovered_at) == (day(6.1), day(7), day(8))


def test_the_first_training_is_no_reaction_and_an_alarm_before_the_change_no_detection() -> None:
    found = timeline(STORY, TRAIL[:2], answers(promoted=None))
    assert (found.detected_at, found.retrained_at, found.promoted_at, found.recovered_at) == (None, None, None, None)


def test_quality_is_told_with_and_without_reaction() -> None:
    quality = document(7, TRAIL)["quality"]
    assert quality["before"] == quality["after"] == pytest.approx(1)
    assert quality["during"] < 0.3
    assert quality["without_reaction"] < 0.3
    assert len(quality["curve"]) == STORY.days
    assert quality["curve"][0] == {"until": day(1), "average_precision": 1.0, "without": 1.0}


def test_money_is_what_the_first_model_would_have_cost_more() -> None:
    money = document(7, TRAIL)["money"]
    prices = STORY.usecase.label
    assert money == {"with_reaction": 0, "without_reaction": 60 * prices.missed_cost, "saved": 60 * prices.missed_cost}


def test_without_a_promotion_nothing_is_recovered_or_saved() -> None:
    found = document(None, TRAIL[:3])
    assert found["loop"]["promoted_at"] is None
    assert found["loop"]["drift_at"] == format_timestamp(day(4))
    assert found["quality"]["after"] is None
    assert found["quality"]["during"] < 0.3
    assert found["money"] is None


def test_a_run_without_a_story_has_the_same_blocks_all_null() -> None:
    empty = nothing()
    assert empty.keys() == document(7, TRAIL).keys()
    assert empty["loop"].keys() == document(7, TRAIL)["loop"].keys()
    assert set(empty["loop"].values()) == {None}
    assert empty["quality"].keys() == document(7, TRAIL)["quality"].keys()


def test_the_audit_trail_is_told_whole() -> None:
    assert [it["action"] for it in document(7, TRAIL)["audit"]] == [it.action for it in TRAIL]
