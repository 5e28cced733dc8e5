"""How states lie in memory and in bytes: shared and widened columns, and layouts rebuilt from their description."""

import json
import math

import pytest
import window_layouts as layouts
from hypothesis import given
from hypothesis import strategies as st
from window_cases import USECASE, bazaar

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.usecase import Window
from headrace.windows import EventState, Layout, compile_layout, decode, encode, evaluate, layout_of, merge

SUM = Window(name="sum", entity="customer", function="sum", over="tip", lengths=("1h",))


def layout(*windows: Window, **bounds: int) -> Layout:
    return compile_layout(bazaar(*windows), "customer", "events", **bounds)


def folded(of: Layout, *tips: float | None) -> EventState:
    state = EventState(of)
    for number, tip in enumerate(tips):
        state.fold(timestamp=1_000 + number, event_id=f"{number:03}", values={"tip": tip, "seller": "x"})
    return state


@given(layouts.usecases(), layouts.histories(maximum=30), st.integers(1, 4), st.sampled_from([2, 4_096]))
def test_a_packed_state_is_read_by_the_layout_rebuilt_from_its_description(usecase, history, newest, max_buckets):
    features = FeatureSet(usecase, newest=newest, max_buckets=max_buckets)
    for entity in ("customer", "shop"):
        its = features.layout(entity, "events")
        state = features.new_state(entity, "events")
        for row in history:
            features.fold_event(row, {entity: state})
        rebuilt = layout_of(its.description)
        assert rebuilt.fingerprint == its.fingerprint
        again = decode(encode(state), rebuilt)
        assert encode(again) == encode(state)
        assert encode(merge([again])) == encode(merge([decode(encode(state), rebuilt)]))


def test_a_description_is_short_and_tells_resolution_retention_and_columns():
    told = json.loads(layout(SUM, newest=7).description)
    assert told == {
        "entity": "customer",
        "source": "events",
        "newest": 7,
        "bytes": "little",
        "tracks": [
            {
                "resolution_s": 1,
                "retention_s": 3_600 + 112,
                "columns": [{"kind": "count"}, {"kind": "sum", "field": "tip"}],
            }
        ],
    }
    labels = compile_layout(USECASE, "customer", "labels")
    assert layout_of(labels.description).fingerprint == labels.fingerprint


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"entity":"a","source":"events","newest":1,"tracks":[{}]}'])
def test_what_describes_no_layout_is_said_so(text):
    with pytest.raises(StateError, match="cannot be read"):
        layout_of(text)


def test_a_description_from_a_machine_with_another_order_of_bytes_is_refused():
    with pytest.raises(StateError, match="order of bytes"):
        layout_of(layout(SUM).description.replace("little", "big"))


def test_bounds_do_not_change_the_layout_but_types_and_allowed_texts_do():
    def fingerprint(field: str, **bounds: int) -> bytes:
        window = Window(name="n", entity="customer", function="distinct", over=field, lengths=("1h",))
        return layout(window, **bounds).fingerprint

    assert fingerprint("seller") == fingerprint("seller", max_buckets=9, max_cells=99, max_labels=1)
    assert (
        '"type":"string"'
        in layout(Window(name="n", entity="customer", function="distinct", over="seller", lengths=("1h",))).description
    )
    assert (
        '"allowed":["web","app","phone"]'
        in layout(Window(name="n", entity="customer", function="last", over="channel", lengths=("1h",))).description
    )


def test_columns_of_single_events_that_hold_the_same_are_packed_once():
    functions = ("sum", "min", "max", "last", "p50")
    windows = [Window(name=it, entity="customer", function=it, over="tip", lengths=("1h",)) for it in functions]
    ages = [Window(entity="customer", function=it, lengths=("1h",)) for it in ("time_since_last", "time_since_first")]
    tips = [number * 1.25 for number in range(40)]
    alone, all_of_them = folded(layout(SUM), *tips), folded(layout(*windows, *ages), *tips)
    assert len(encode(all_of_them)) - len(encode(alone)) < 220  # bins, ones and codes; no second copy of the tips


def test_columns_of_ones_cost_nothing_until_a_bucket_holds_two():
    its = layout(Window(name="n", entity="customer", function="count", lengths=("1h",)), newest=1)
    single, double = EventState(its), EventState(its)
    for state, times in ((single, range(1_000, 1_100)), (double, [1_000, *range(1_000, 1_100)])):
        for number, timestamp in enumerate(times):
            state.fold(timestamp=timestamp, event_id=f"{number:03}", values={})
    assert len(encode(double)) - len(encode(single)) == 100
    for state, counted in (
        (single, 100),
        (double, 101),
        (decode(encode(double), its), 101),
        (merge([single, double]), 201),
    ):
        assert evaluate(its, [state], timestamp=1_099, event_id="x") == {"n_1h": counted}


def test_columns_of_times_grow_wider_all_together_while_the_newest_event_is_appended():
    ages = [Window(entity="customer", function=it, lengths=("1h",)) for it in ("time_since_last", "time_since_first")]
    its = layout(*ages, SUM, newest=2)
    state = EventState(its)
    first = 2**32 - 2
    for number in range(5):
        state.fold(timestamp=first + number, event_id=str(number), values={"tip": 1.0})
    for held in (state, decode(encode(state), its)):
        found = evaluate(its, [held], timestamp=first + 9, event_id="x")
        assert found == {"customer_time_since_last_1h": 5, "customer_time_since_first_1h": 9, "sum_1h": 5}


@pytest.mark.parametrize(
    "tips",
    [(1.7e308, 1.7e308, 0.0), (1.7e308, 1.7e308, 1.7e308, -1.7e308, -1.7e308, -1.7e308, 1.0), (1.7e308, -1.7e308, 1.0)],
)
@pytest.mark.parametrize("resolution", ["1s", "1m"])
def test_sums_beyond_the_largest_number_are_missing_or_exact_and_never_infinite(tips, resolution):
    functions = ("sum", "mean", "std", "max")
    windows = [
        Window(name=it, entity="customer", function=it, over="tip", lengths=("1h",), resolution=resolution)
        for it in functions
    ]
    its = layout(*windows, newest=1)
    found = evaluate(its, [folded(its, *tips)], timestamp=1_100, event_id="x")
    assert found["std_1h"] is None
    assert found["max_1h"] == 1.7e308
    for name in ("sum_1h", "mean_1h"):
        assert found[name] is None or math.isfinite(found[name])
    if resolution == "1s" and sum(tips) == 1:
        assert found["sum_1h"] == 1


def test_the_spread_of_equal_values_is_zero_whatever_rounding_their_mean_suffers():
    its = layout(Window(name="std", entity="customer", function="std", over="tip", lengths=("1h",)))
    assert evaluate(its, [folded(its, *[0.1] * 7)], timestamp=1_100, event_id="x") == {"std_1h": 0.0}
