"""What is decided about windows: by kind, magnitude, breadth, persistence, weight; what speaks against a training."""

from dataclasses import replace

import pytest
from reaction_cases import DAY, START, actions, react, usecase, window

from headrace.reaction import Deployed, Memory, Request

FAR, NEAR, TINY = {"amount": 0.35}, {"amount": 0.15}, {"amount": 0.03}
WORSE = {"average_precision": 0.15}
LABELS = {"labels": 400, "positives": 15}


def test_nothing_found_is_nothing_done() -> None:
    assert actions(window(1), window(2)) == ["ignore", "ignore"]


def test_a_far_column_for_three_windows_in_a_row_is_trained_away() -> None:
    memory, decisions = react(window(1, FAR), window(2, FAR), window(3, FAR))
    assert [it.action for it in decisions] == ["notify", "notify", "retrain"]
    assert "amount 0.35, for 3 windows" in decisions[2].reason
    assert decisions[2].severity == "high"
    assert memory.running == "data_quality-" + str(START + 3 * DAY)


def test_a_quiet_window_between_begins_the_count_anew() -> None:
    assert actions(window(1, FAR), window(2, FAR), window(3), window(4, FAR), window(5, FAR))[-1] == "notify"


def test_three_windows_of_three_columns_are_not_one_that_lasts() -> None:
    found = [window(1, {"amount": 0.4}), window(2, {"hour": 0.4}), window(3, {"is_night": 0.4})]
    assert actions(*found) == ["notify"] * 3


def test_a_middling_change_is_told_once_and_a_tiny_one_never() -> None:
    assert actions(window(1, NEAR), window(2, NEAR)) == ["notify", "ignore"]
    assert actions(window(1, TINY), window(2, TINY), window(3, TINY)) == ["ignore"] * 3


def test_the_business_weighs_columns() -> None:
    found = [window(number, NEAR) for number in (1, 2, 3)]
    assert actions(*found, case=usecase(weights={"amount": 2.0}))[-1] == "retrain"
    ignored = [window(number, FAR) for number in (1, 2, 3)]
    assert actions(*ignored, case=usecase(weights={"amount": 0.0})) == ["ignore"] * 3


def test_breadth_and_length_raise_the_severity() -> None:
    names = {f"column{number}": 0.35 for number in range(30)}
    assert react(window(1, names))[1][0].severity == "critical"
    lasting = react(*(window(number, NEAR) for number in range(1, 7)))[1]
    assert lasting[4].severity == "medium"
    assert lasting[5].severity == "high"


@pytest.mark.parametrize("name", ["amount", "hour"])
def test_broken_data_page_and_freeze_once_and_never_train(name: str) -> None:
    found = [window(number, FAR, upstream={name: "Has the unit changed?"}) for number in range(1, 6)]
    memory, decisions = react(*found)
    assert [it.action for it in decisions] == ["freeze", *["ignore"] * 4]
    assert name in memory.frozen
    assert not memory.requests


def test_while_frozen_nothing_trains_and_whole_data_thaw() -> None:
    broken = window(0, upstream={"amount": "gone"})
    memory, _ = react(broken, window(1, FAR), window(2, FAR))
    memory, (third,) = react(window(3, FAR), memory=memory)
    # Whole windows, drifted or not, are no reason to stay frozen once a clean one says so.
    assert third.action == "ignore"
    assert "frozen" in third.reason
    memory, (thawed,) = react(window(4), memory=memory)
    assert thawed.action == "thaw"
    assert not memory.frozen


def test_one_clean_window_after_broken_ones_does_not_thaw() -> None:
    assert actions(window(1, upstream={"amount": "gone"}), window(2), window(3)) == ["freeze", "ignore", "thaw"]


def test_a_drop_of_quality_waits_for_labels_and_positives() -> None:
    found = [window(number, WORSE, kind="model_quality", **LABELS) for number in (1, 2, 3)]
    _, decisions = react(*found)
    assert [it.action for it in decisions[:2]] == ["notify", "retrain"]
    few = [window(number, WORSE, kind="model_quality", labels=200, positives=1) for number in (1, 2, 3)]
    _, decisions = react(*few)
    assert [it.action for it in decisions] == ["notify", "wait", "wait"]
    assert "400 of 500" in decisions[1].reason
    assert "3 of 20 show" in decisions[2].reason


def test_bias_calls_people_and_trains_nothing() -> None:
    assert actions(*(window(number, {"country DI": 0.0}, kind="bias") for number in range(1, 8))) == [
        "notify",
        *["ignore"] * 6,
    ]


def test_attributions_that_lost_their_order_for_long_are_trained_anew() -> None:
    assert actions(*(window(n, {"shap": 0.2}, kind="attribution") for n in (1, 2, 3)))[-1] == "retrain"
    assert "retrain" not in actions(*(window(n, {"shap": 0.05}, kind="attribution") for n in range(1, 9)))


def test_one_training_at_a_time() -> None:
    running = Memory(running="r", running_since=START)
    found = [replace(window(1, FAR), at=START + hour * 3_600) for hour in (1, 2, 3)]
    _, decisions = react(*found, memory=running)
    assert decisions[-1].action == "ignore"
    assert "training r is running" in decisions[-1].reason


def test_a_training_that_never_answered_holds_back_for_a_day() -> None:
    assert actions(*(window(number, FAR) for number in (1, 2, 3)), memory=Memory(running="r", running_since=START))[
        -1
    ] == ("retrain")


def test_cooldown_and_budget_hold_back() -> None:
    asked = Memory(requests=(Request(id="r", at=START + 2 * DAY),))
    found = [window(number, FAR) for number in (1, 2, 3)]
    _, decisions = react(*found, memory=asked, case=usecase(cooldown="3d"))
    assert "cooldown of 3d" in decisions[-1].reason
    _, decisions = react(*found, memory=asked, case=usecase(cooldown="1h"))
    assert decisions[-1].action == "retrain"
    late = Memory(requests=(Request(id="r", at=START + 3 * DAY - 60),))
    _, decisions = react(*found, memory=late, case=usecase(cooldown="1h"))
    assert "budget of 1 trainings a day" in decisions[-1].reason


def test_trainings_that_do_not_help_end_with_a_person() -> None:
    tried = Memory(requests=tuple(Request(id=f"r{n}", at=START - n * DAY) for n in (6, 4, 2)))
    memory, decisions = react(*(window(number, FAR) for number in (1, 2, 3, 4)), memory=tried)
    assert [it.action for it in decisions] == ["notify", "notify", "escalate", "ignore"]
    assert "a person must look" in memory.halted
    assert "a person must resume" in decisions[-1].reason


class TestAfterARollout:
    memory = Memory(deployed=Deployed(arn="new", previous="old", at=START))

    def test_a_drop_brings_the_previous_model_back_once(self) -> None:
        found = [window(number, WORSE, kind="model_quality", **LABELS) for number in (1, 2)]
        _, decisions = react(*found, memory=self.memory)
        assert decisions[0].action == "roll_back"
        assert decisions[0].package == "old"
        assert decisions[1].action != "roll_back"

    def test_a_drop_while_the_inputs_moved_is_the_worlds_and_not_the_models(self) -> None:
        moved, worse = window(1, FAR), window(1, WORSE, kind="model_quality", **LABELS)
        assert actions(moved, worse, memory=self.memory) == ["notify", "notify"]

    def test_the_watch_ends(self) -> None:
        late = window(12, WORSE, kind="model_quality", **LABELS)
        assert actions(late, memory=self.memory) == ["notify"]
        assert actions(window(8, WORSE, kind="model_quality"), memory=self.memory) == ["roll_back"]

    def test_a_window_about_the_model_before_says_nothing_about_this_one(self) -> None:
        before = window(0, WORSE, kind="model_quality", **LABELS)
        memory, decisions = react(before, memory=self.memory)
        assert decisions[0].action == "ignore"
        assert "earlier model" in decisions[0].reason
        assert memory == self.memory

    def test_without_a_model_before_there_is_nothing_to_go_back_to(self) -> None:
        first = Memory(deployed=Deployed(arn="first", at=START))
        assert actions(window(1, WORSE, kind="model_quality"), memory=first) == ["notify"]
