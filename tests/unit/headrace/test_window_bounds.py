"""What keeps a state small, and what it costs in precision: coarse tracks, dropped labels, sketches, late events."""

import window_layouts as layouts
import window_reference as reference
from bounded_rows import EVENT, label_layout, labelled, row, vector
from hypothesis import given
from hypothesis import strategies as st
from window_cases import bazaar

from headrace.features import FeatureSet
from headrace.usecase import Window
from headrace.windows import EventState, LabelState, compile_layout, decode, encode, evaluate, merge

DISTINCT = Window(name="sellers", entity="customer", function="distinct", over="seller", lengths=("1h",))
NEW = Window(name="new", entity="customer", function="is_new", over="seller", lengths=("1h",))
ALL = tuple(
    Window(name=f"{over}_{function}", entity="customer", function=function, over=over, lengths=("1h",), current=current)
    for function, over, current in (
        ("std", "tip", None),
        ("min", "tip", None),
        ("p90", "tip", None),
        ("p50", "amount", False),
        ("distinct", "seller", None),
        ("is_new", "seller", None),
        ("last", "channel", None),
        ("mean", "items", False),
    )
) + tuple(
    Window(entity="customer", function=function, lengths=("1h",))
    for function in ("time_since_last", "time_since_first")
)


@given(layouts.histories(maximum=40, until=600), st.integers(1, 3))
def test_a_coarse_track_keeps_every_function_right_over_windows_that_hold_all_of_it(history, newest):
    usecase = bazaar(*ALL)
    features = FeatureSet(usecase, newest=newest, max_buckets=2)
    state = features.new_state("customer", "events")
    own = [it for it in reference.in_order(history) if it["customer_id"] == "c"]
    for it in own:
        features.fold_event(it, {"customer": state})
        state = decode(encode(state), state.layout)
    last = EVENT | {"timestamp": 2_000, "seller": "x", "tip": 0.25, "amount": 1.0, "online": True, "items": 1}
    reference.agree(vector(features, [state], last), reference.whole(usecase, [*own, last], last))


def test_windows_shorter_than_a_coarse_bucket_are_empty_and_never_less():
    windows = [
        Window(name="before", entity="customer", function="count", lengths=("10s",), current=False),
        Window(name="delayed", entity="customer", function="count", lengths=("10s",), delay="5s"),
    ]
    features = FeatureSet(bazaar(*windows), max_buckets=1, newest=1)
    state = features.new_state("customer", "events")
    for number in range(60):
        features.fold_event(row(number), {"customer": state})
    assert state.coarse
    for number in range(90):
        found = vector(features, [state], row(number), folded=False)
        assert min(found["before_10s"], found["delayed_10s"]) >= 0


def test_a_feature_set_tells_which_entities_are_coarse():
    features = FeatureSet(bazaar(DISTINCT), max_buckets=4, newest=2)
    state, fine = (features.new_state("customer", "events") for _ in range(2))
    for number in range(40):
        features.fold_event(row(number, timestamp=1_000 + 2 * number), {"customer": state})
    assert features.coarse({"customer": [fine, state], "shop": []}) == ("customer",)
    assert features.coarse({"customer": [fine]}) == ()


def test_many_distinct_values_are_estimated_alike_by_one_state_by_shards_and_by_their_merger():
    usecase = bazaar(DISTINCT, NEW)
    features = FeatureSet(usecase)
    history = [row(number, seller=f"seller {number % 700}") for number in range(1_400)]
    whole, *shards = (features.new_state("customer", "events") for _ in range(4))
    for number, it in enumerate(history):
        features.fold_event(it, {"customer": whole})
        features.fold_event(it, {"customer": shards[number % 3]})
    for known in ("seller 5", "seller 699", "another", "one more", None):
        last = row(1_400, seller=known)
        expected = reference.whole(usecase, [*history, last], last)
        for states in ([whole], shards, [merge(shards)], [merge([merge(shards[1:]), shards[0]])]):
            reference.agree(vector(features, states, last), expected)
    assert 600 < expected["sellers_1h"] < 800


def test_a_bucket_of_many_distinct_values_keeps_few_of_them():
    usecase = bazaar(Window(name="n", entity="customer", function="distinct", over="seller", lengths=("1h",)))
    features = FeatureSet(usecase, newest=1)
    state = features.new_state("customer", "events")
    history = [row(number, timestamp=1_000, seller=f"seller {number}") for number in range(600)]
    for it in history:
        features.fold_event(it, {"customer": state})
    assert len(encode(state)) < 1_200
    last = row(601)
    reference.agree(vector(features, [state], last), reference.whole(usecase, [*history, last], last))


def test_a_state_with_sketches_is_coarsened_before_it_outgrows_an_item():
    usecase = bazaar(DISTINCT)
    layout = compile_layout(usecase, "customer", "events", max_cells=1_000)
    state = EventState(layout)
    for number in range(600):
        state.fold(timestamp=number, event_id=f"{number:04}", values={"seller": str(number % 300)})
        assert state.tracks[0].cells <= 1_000
    assert state.coarse
    assert decode(encode(state), layout).tracks[0].cells == state.tracks[0].cells


def test_the_default_bounds_keep_a_state_of_many_columns_and_sketches_below_400_kb():
    usecase = bazaar(
        *(
            Window(name=f"{over}_{function}", entity="customer", function=function, over=over, lengths=("2d",))
            for function, over in [("distinct", "seller"), ("p50", "tip"), ("std", "tip"), ("max", "amount")]
        )
    )
    state = EventState(compile_layout(usecase, "customer", "events"))
    for number in range(8_000):
        values = {"seller": str(number * 7_919 % 5_000), "tip": 1.5 ** (number % 50), "amount": float(number)}
        state.fold(timestamp=9 * number, event_id=f"{number:064}", values=values)
    assert state.coarse
    assert len(encode(state)) < 400_000


def test_of_too_many_labels_the_oldest_are_dropped_and_the_state_says_so_while_it_matters():
    layout = label_layout(max_labels=5)
    state = labelled(layout, range(1_000, 1_009))
    assert list(state.times) == list(range(1_004, 1_009))
    assert state.coarse
    assert decode(encode(state), layout).coarse
    assert merge([labelled(layout, [1_008]), state]).coarse
    assert evaluate(layout, [state], timestamp=1_100, event_id="x") == {"n_1h": 5}
    assert not LabelState(layout).coarse
    state.fold(timestamp=1_009 + layout.retention_s, event_id="later", value=1, labelled_at=9_999)
    assert not state.coarse


def test_labels_dropped_by_merging_are_told():
    layout = label_layout(max_labels=5)
    halves = [labelled(layout, range(1_000 + first, 1_008, 2)) for first in range(2)]
    assert not any(half.coarse for half in halves)
    for order in (halves, halves[::-1]):
        merged = merge(order)
        assert (list(merged.times), merged.coarse) == (list(range(1_003, 1_008)), True)


def test_labels_out_of_reach_are_no_loss():
    layout = label_layout(max_labels=2)
    state = labelled(layout, [1_000, 1_000 + layout.retention_s, 1_001 + layout.retention_s])
    assert not state.coarse


def test_the_default_bound_keeps_labels_below_400_kb():
    layout = label_layout("30d")
    state = LabelState(layout)
    state.set([(timestamp, timestamp << 32, timestamp + 20, 1) for timestamp in range(20_000)])
    assert len(state.times) == layout.max_labels == 16_384
    assert len(encode(state)) < 300_000
