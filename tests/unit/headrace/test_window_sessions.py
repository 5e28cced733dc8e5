"""How long sessions are, and how long ago something was true, one by one and in whole columns."""

import pandas as pd
import pytest
from columnar_tables import label_table
from window_cases import bazaar

from headrace.features import FeatureSet
from headrace.usecase import UseCase, Window
from headrace.windows import merge
from headrace.windows_columnar import training_frame

MINUTE, HOUR = 60, 3_600
START = 1_700_006_400
SESSION = {"entity": "customer", "function": "session_length", "name": "session"}
GIFT = Window(entity="customer", function="time_since_true", over="gift", lengths=("1d",), name="gift")


def event(minute: float, number: int = 0, **values: object) -> dict[str, object]:
    known = {"customer_id": "c", "shop_id": "s", "amount": 1.0, "tip": None, "online": True, "seller": None}
    at = START + round(minute * MINUTE)
    return known | {"event_id": f"e{number}@{at}", "timestamp": at, "gift": None, "channel": None, **values}


def streamed(usecase: UseCase, history: list[dict], point: dict, *, shards: int = 1, newest: int = 16) -> dict:
    """The vector of an event that is asked before it is streamed, after events that came through several shards."""
    features = FeatureSet(usecase, newest=newest)
    states = [features.new_state("customer", "events") for _ in range(shards)]
    for number, row in enumerate(history):
        features.fold_event(row, {"customer": states[number % shards]})
    several = features.vector(point, {"customer": states}, folded=False)
    assert features.vector(point, {"customer": [merge(states)]}, folded=False) == several
    return several


def columnar(usecase: UseCase, history: list[dict], point: dict) -> dict:
    table = pd.DataFrame([*history, point]).assign(items=None, due=None)
    frame = training_frame(usecase, table, label_table([]))
    row = frame[frame["event_id"] == point["event_id"]].to_dict("records")[0]
    return {name: None if pd.isna(it) else it for name, it in row.items()}


def session(minutes: list[float], at: float, **changes: object) -> float | None:
    """The value at a minute, after events at others; the same however it is computed."""
    window = Window(**SESSION | {"lengths": ("1d",)} | changes)
    usecase, name = bazaar(window), window.features[0].name
    history, point = [event(it, number) for number, it in enumerate(minutes)], event(at, 99)
    found = [columnar(usecase, history, point)[name]]
    for shards in (1, 2, 3):
        found += [streamed(usecase, history, point, shards=shards, newest=newest)[name] for newest in (1, 3, 16)]
    assert len(set(found)) == 1
    return found[0]


def test_a_first_event_is_a_session_of_no_length():
    assert session([], 0) == 0.0
    assert session([], 0, current=False) is None
    assert session([], 0, current=False, fill=7.0) == 7.0


def test_thirty_minutes_of_silence_are_in_a_session_and_a_second_more_ends_it():
    assert session([0], 30) == 30 * MINUTE
    assert session([0], 30 + 1 / 60) == 0.0


def test_the_length_is_the_mean_of_all_sessions_in_the_window():
    assert session([0, 10, 20, 100, 110, 300], 330) == (20 + 10 + 30) * MINUTE / 3
    assert session([0, 10, 20, 100, 110, 300], 330, current=False) == (20 + 10 + 0) * MINUTE / 3


def test_the_order_in_which_events_come_leaves_no_trace():
    assert session([300, 10, 110, 0, 100, 20], 330) == 20 * MINUTE


def test_a_session_that_the_window_cuts_counts_from_its_first_event_inside():
    assert session([0, 20, 40, 60], 75, lengths=("1h",)) == (75 - 20) * MINUTE


@pytest.mark.parametrize("resolution", ["1s", "1m", "7m", "30m"])
def test_buckets_of_any_allowed_width_tell_sessions_to_the_second(resolution):
    minutes = [0, 0.3, 9, 29.5, 59, 59.2, 91, 120, 300, 300.1]
    assert session(minutes, 330, resolution=resolution) == pytest.approx((59.2 + 29 + 30) * MINUTE / 3)


def test_a_delayed_window_ends_its_last_session_where_it_ends():
    assert session([0, 10, 20, 40], 60, delay="30m") == 20 * MINUTE


def test_what_was_true_last_is_so_long_ago_however_much_came_since():
    usecase = bazaar(GIFT)
    history = [event(it, number, gift=gift) for number, (it, gift) in enumerate([(0, True), (5, False), (9, None)])]
    point = event(12, 99, gift=True)
    assert columnar(usecase, history, point)["gift_1d"] == 12 * MINUTE
    for shards in (1, 2, 3):
        for newest in (1, 16):
            assert streamed(usecase, history, point, shards=shards, newest=newest)["gift_1d"] == 12 * MINUTE


def test_nothing_true_within_the_window_is_no_time_at_all():
    usecase = bazaar(GIFT)
    history = [event(0, 0, gift=True), event(30 * 60, 1, gift=False)]
    point = event(31 * 60, 99, gift=True)
    assert columnar(usecase, history, point)["gift_1d"] is None
    assert streamed(usecase, history, point)["gift_1d"] is None
    assert streamed(usecase, [], point)["gift_1d"] is None


def test_a_number_other_than_0_and_a_part_of_the_calendar_are_true():
    tips = Window(entity="customer", function="time_since_true", over="tip", lengths=("1d",), name="tipped")
    nights = Window(entity="customer", function="time_since_true", over="is_night", lengths=("1d",), name="night")
    usecase = bazaar(tips, nights)
    history = [event(0, 0, tip=-2.5), event(4, 1, tip=0.0), event(60 * 12, 2)]  # at midnight, 0:04 and noon
    point = event(60 * 12 + 1, 99)
    for found in (columnar(usecase, history, point), streamed(usecase, history, point)):
        assert (found["tipped_1d"], found["night_1d"]) == (12 * HOUR + MINUTE, 12 * HOUR - 3 * MINUTE)
