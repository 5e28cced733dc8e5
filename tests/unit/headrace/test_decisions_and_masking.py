"""Scores to decisions, thresholds from costs, personal data out of the lake, and calendar parts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from window_cases import USECASE

from headrace.calendar import PARTS
from headrace.decisions import cheapest_threshold, cost, decide
from headrace.errors import SettingsError
from headrace.masking import mask, mask_event
from headrace.usecase import Band, Field

BANDS = (Band(decision="OK", from_score=0), Band(decision="ASK", from_score=0.5), Band(decision="NO", from_score=0.9))
EVENT = {
    "event_id": "e1",
    "timestamp": 1_000,
    "customer_id": "c1",
    "shop_id": "s1",
    "amount": 12.0,
    "tip": None,
    "online": True,
}


def private(**privacy: str):
    fields = tuple(replace(it, privacy=privacy.get(it.name, "clear")) for it in USECASE.event.fields)
    extra = Field(name="note", type="string", required=False, privacy=privacy.get("note", "clear"))
    return replace(USECASE, event=replace(USECASE.event, fields=(*fields, extra)))


@pytest.mark.parametrize(("score", "decision"), [(0, "OK"), (0.499, "OK"), (0.5, "ASK"), (0.9, "NO"), (1, "NO")])
def test_a_score_gets_the_highest_band_that_it_reaches(score, decision):
    assert decide(score, BANDS) == decision


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_what_is_no_score_gets_no_decision(score):
    with pytest.raises(ValueError, match="between 0 and 1"):
        decide(score, BANDS)


ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.35, 0.35, 0.8, 1.0])), min_size=1, max_size=25
)


@given(ROWS, st.integers(1, 100), st.integers(1, 100))
def test_no_threshold_costs_less_than_the_cheapest(rows, missed, alarm):
    labels, scores = zip(*rows, strict=True)
    prices = {"missed_cost": missed, "false_alarm_cost": alarm}
    best = cheapest_threshold(labels, scores, **prices)
    candidates = [0.0, 0.05, 0.2, 0.5, 0.9, 1.0, 1.1]
    assert cost(labels, scores, threshold=best, **prices) == min(
        cost(labels, scores, threshold=it, **prices) for it in candidates
    )


@pytest.mark.parametrize(
    ("labels", "scores", "threshold"),
    [
        ([1, 0], [0.8, 0.2], 0.5),
        ([0, 0], [0.8, 0.2], 0.9),
        ([0], [1.0], pytest.approx(1.0)),
        ([1, 1], [0.8, 0.2], 0.1),
        ([0, 1], [0.0, 0.0], 0.5),
    ],
)
def test_the_threshold_lies_half_way_between_scores(labels, scores, threshold):
    assert cheapest_threshold(labels, scores, missed_cost=1, false_alarm_cost=1) == threshold


def test_when_no_alarm_pays_not_even_a_score_of_one_raises_one():
    assert cheapest_threshold([0], [1.0], missed_cost=1, false_alarm_cost=1) > 1


def test_a_threshold_needs_rows():
    with pytest.raises(ValueError, match="no rows"):
        cheapest_threshold([], [], missed_cost=1, false_alarm_cost=1)


def test_errors_cost_what_they_cost():
    labels, scores = [1, 1, 0, 0], [0.2, 0.5, 0.5, 0.1]
    assert cost(labels, scores, threshold=0.5, missed_cost=100, false_alarm_cost=7) == 107


def test_a_clear_event_goes_to_the_lake_as_it_is():
    assert mask_event(USECASE, EVENT, b"") == EVENT


def test_hashed_fields_stay_joinable_under_one_key_and_removed_fields_are_absent():
    usecase = private(shop_id="hash", note="remove")
    masked = mask_event(usecase, EVENT | {"note": "call me"}, b"secret")
    assert "note" not in masked
    assert masked["shop_id"] == mask("s1", b"secret")
    assert masked["shop_id"] != mask("s1", b"other")
    assert {name: it for name, it in masked.items() if name != "shop_id"} == {
        name: it for name, it in EVENT.items() if name != "shop_id"
    }


def test_the_hash_is_hmac_sha256():
    """Test case 2 of RFC 4231."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert mask("what do ya want for nothing?", b"Jefe") == expected


def test_a_missing_value_is_not_hashed():
    assert mask_event(private(note="hash"), EVENT | {"note": None}, b"secret")["note"] is None


def test_hashing_without_a_key_is_refused():
    with pytest.raises(SettingsError, match=r"shop_id is hashed .* set the mask key"):
        mask_event(private(shop_id="hash"), EVENT | {"note": None}, b"")


@given(st.integers(0, 7_258_118_399))
def test_calendar_parts_are_those_of_the_utc_calendar(timestamp):
    moment = datetime.fromtimestamp(timestamp, UTC)
    assert {part: PARTS[part](timestamp) for part in PARTS} == {
        "is_weekend": float(moment.weekday() >= 5),
        "is_night": float(moment.hour <= 6),
        "hour": float(moment.hour),
        "weekday": float(moment.weekday()),
    }
