"""The scalar kernel against the definition."""

import window_reference as reference
from folded_states import event_state, label_state
from hypothesis import given
from hypothesis import strategies as st
from window_cases import USECASE, shop

from headrace.features import FeatureSet
from headrace.usecase import UseCase, Window
from headrace.windows import EventState, LabelState, Layout, compile_layout, evaluate

FEATURES = FeatureSet(USECASE, newest=64)
FEW = FeatureSet(USECASE, newest=3)
LATER = 1_200
KEYS = {"customer": "c", "shop": "s"}


def expected(history: list[dict], given_labels: list[dict], timestamp: int, event_id: str) -> dict:
    return reference.vector(USECASE, history, given_labels, timestamp, event_id, keys=KEYS)


def only(values: dict, names: dict) -> dict:
    return {name: values[name] for name in names}


def single(window: Window) -> tuple[UseCase, Layout]:
    usecase = shop(window)
    return usecase, compile_layout(usecase, window.entity, window.source)


@given(reference.events())
def test_every_event_of_an_ordered_stream_gets_the_value_of_the_definition(history):
    history = reference.in_order(history)
    state = FEW.new_state("customer", "events")
    for number, row in enumerate(history):
        state.fold(timestamp=row["timestamp"], event_id=row["event_id"], values=row)
        found = evaluate(state.layout, [state], timestamp=row["timestamp"], event_id=row["event_id"])
        wanted = expected(history[: number + 1], [], row["timestamp"], row["event_id"])
        reference.agree(only(found, found), only(wanted, found))


@given(reference.events(), st.integers(1_000, 1_150), st.sampled_from(["", "a", "b1", "\U0001f600"]))
def test_the_order_of_arrival_does_not_matter_at_any_point_among_the_newest_events(history, timestamp, event_id):
    state = event_state(history, FEATURES.layout("customer", "events"))
    found = evaluate(state.layout, [state], timestamp=timestamp, event_id=event_id)
    reference.agree(found, only(expected(history, [], timestamp, event_id), found))


@given(reference.events(), st.integers(0, 100))
def test_late_events_count_once_everything_has_arrived_however_few_events_stay_single(history, after):
    state = event_state(history)
    timestamp = max((row["timestamp"] for row in history), default=1_000) + after
    found = evaluate(state.layout, [state], timestamp=timestamp, event_id="\U0010ffff")
    reference.agree(found, only(expected(history, [], timestamp, "\U0010ffff"), found))


@given(st.data())
def test_labels_count_whatever_their_order_and_the_last_one_of_an_event_wins(data):
    history = data.draw(reference.events())
    labels = data.draw(reference.labels(history))
    own = [row for row in labels if row["customer_id"] == "c" and row["labelled_at"] <= LATER - 50]
    layout = FEATURES.layout("customer", "labels")
    for order in (own, own[::-1]):
        found = evaluate(layout, [label_state(order, layout)], timestamp=LATER - 50, event_id="x")
        reference.agree(found, only(expected(history, labels, LATER - 50, "x"), found))


def test_a_label_corrected_twice_counts_as_it_was_corrected_last():
    layout = FEATURES.layout("customer", "labels")
    state = LabelState(layout)
    for labelled_at, value in ((1_039, 0), (1_030, 1), (1_041, 1), (1_040, 0)):
        state.fold(timestamp=1_020, event_id="a", value=value, labelled_at=labelled_at)
    assert evaluate(layout, [state], timestamp=1_041, event_id="x")["returned_customer_sum_r1s_d20s_10s"] == 1
    assert evaluate(layout, [state], timestamp=1_041, event_id="x")["returned_customer_count_r1s_d20s_10s"] == 1


def test_a_repeated_label_changes_nothing():
    state = LabelState(FEATURES.layout("customer", "labels"))
    assert state.fold(timestamp=1_020, event_id="a", value=1, labelled_at=1_040)
    before = state.entries()
    assert not state.fold(timestamp=1_020, event_id="a", value=1, labelled_at=1_040)
    assert state.entries() == before


def test_a_label_may_correct_the_time_of_its_event():
    state = LabelState(FEATURES.layout("customer", "labels"))
    state.fold(timestamp=1_020, event_id="a", value=1, labelled_at=1_040)
    state.fold(timestamp=1_024, event_id="a", value=1, labelled_at=1_041)
    assert [entry[0] for entry in state.entries()] == [1_024]


def test_of_two_labels_given_in_the_same_second_the_larger_value_wins_in_either_order():
    layout = FEATURES.layout("customer", "labels")
    for values in ((0, 1), (1, 0)):
        state = LabelState(layout)
        for value in values:
            state.fold(timestamp=1_020, event_id="a", value=value, labelled_at=1_040)
        assert list(state.values) == [1]


def test_the_window_opens_after_its_far_end_and_includes_its_near_end():
    window = Window(name="n", entity="customer", function="count", lengths=("10s",))
    _, layout = single(window)
    state = EventState(layout)
    for timestamp in (990, 991, 1_000):
        state.fold(timestamp=timestamp, event_id="a", values={})
    assert evaluate(layout, [state], timestamp=1_000, event_id="a") == {"n_10s": 2}


def test_a_delayed_second_counts_as_soon_as_it_is_the_delay_old():
    window = Window(name="n", entity="customer", function="count", lengths=("10s",), delay="5s")
    _, layout = single(window)
    state = EventState(layout)
    for timestamp in (985, 986, 995, 996):
        state.fold(timestamp=timestamp, event_id="a", values={})
    assert evaluate(layout, [state], timestamp=1_000, event_id="z") == {"n_10s": 2}


def test_a_delayed_coarse_bucket_counts_only_when_its_last_second_is_the_delay_old():
    window = Window(name="n", entity="customer", function="count", lengths=("1h",), resolution="60s", delay="5m")
    _, layout = single(window)
    state = EventState(layout)
    state.fold(timestamp=6_000, event_id="a", values={})
    assert evaluate(layout, [state], timestamp=6_000 + 59 + 299, event_id="z") == {"n_1h": 0}
    assert evaluate(layout, [state], timestamp=6_000 + 59 + 300, event_id="z") == {"n_1h": 1}


def test_an_event_of_the_same_second_counts_only_if_its_id_is_not_above():
    window = Window(name="n", entity="customer", function="count", lengths=("10s",))
    _, layout = single(window)
    state = EventState(layout)
    for event_id in ("c", "a", "b"):
        state.fold(timestamp=1_000, event_id=event_id, values={})
    counts = [evaluate(layout, [state], timestamp=1_000, event_id=it)["n_10s"] for it in ("", "a", "b", "c")]
    assert counts == [0, 1, 2, 3]


def test_an_empty_window_is_zero_for_counts_and_sums_and_missing_or_filled_for_the_others():
    found = evaluate(FEATURES.layout("customer", "events"), [], timestamp=1_000, event_id="a")
    assert found["count_r1s_d0s_10s"] == 0
    assert found["amount_sum_r1s_d0s_10s"] == 0
    assert found["amount_mean_r1s_d0s_10s"] == 0.5
    assert found["tip_mean_r1s_d0s_10s"] is None
    assert {found[f"amount_{function}_r1s_d0s_10s"] for function in ("min", "max", "std")} == {None}


def test_a_sum_does_not_drift_after_large_values_have_left_the_window():
    window = Window(name="amount", entity="customer", function="sum", over="amount", lengths=("1m",))
    _, layout = single(window)
    state = EventState(layout)
    for timestamp in range(1_000):
        state.fold(timestamp=timestamp, event_id=str(timestamp), values={"amount": 1e16 if timestamp < 900 else 0.01})
    assert evaluate(layout, [state], timestamp=999, event_id="999")["amount_1m"] == 0.6


def test_the_standard_deviation_of_a_large_mean_keeps_its_digits():
    window = Window(name="amount", entity="customer", function="std", over="amount", lengths=("1m",), resolution="1m")
    _, layout = single(window)
    state = EventState(Layout(layout.entity, "events", layout.tracks, newest=1))
    for second in range(60):
        state.fold(timestamp=second, event_id="a", values={"amount": 1e9 + second % 2})
    assert abs(evaluate(layout, [state], timestamp=59, event_id="a")["amount_1m"] - 0.5) < 1e-9
