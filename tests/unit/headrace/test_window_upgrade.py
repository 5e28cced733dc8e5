"""States of one layout in the hands of code that has another: what both know stays, what is new begins, all is told."""

from dataclasses import replace

import pytest
import window_reference as reference
from hypothesis import given
from hypothesis import strategies as st
from window_cases import shop

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.usecase import Field, UseCase, Window
from headrace.windows import (
    EventState,
    LabelState,
    Layout,
    State,
    decode,
    encode,
    evaluate,
    fingerprint_of,
    layout_of,
    merge,
    new_state,
    upgrade,
)

LAST = {"timestamp": 1_160, "event_id": "\U0010ffff"}
FUNCTIONS = (
    "count",
    "sum",
    "mean",
    "min",
    "max",
    "std",
    "p50",
    "distinct",
    "last",
    "time_since_last",
    "time_since_first",
)
WITHOUT_FIELD = ("count", "time_since_last", "time_since_first")


def window(function: str, over: str, **changes: object) -> Window:
    field = None if function in WITHOUT_FIELD else over
    name = "_".join([over, function, *map(str, changes.values())])
    return Window(
        **{"name": name, "entity": "customer", "function": function, "over": field, "lengths": ("60s",)} | changes
    )


def returned(length: str) -> Window:
    return Window(entity="customer", function="mean", over="returned", source="labels", lengths=(length,), delay="20s")


def features(*windows: Window, newest: int = 3, base: UseCase | None = None) -> FeatureSet:
    usecase = shop(*windows) if base is None else replace(base, windows=windows)
    return FeatureSet(usecase, newest=newest)


def layout(*windows: Window, newest: int = 3) -> Layout:
    return features(*windows, newest=newest).layout("customer", "events")


def folded(state: State, history: list[dict]) -> State:
    for row in history:
        state.fold(timestamp=row["timestamp"], event_id=row["event_id"], values=row)
    return state


def through_the_store(state: State) -> State:
    """Packed, and unpacked by code that knows the layout from its description only."""
    return decode(encode(state), layout_of(state.layout.description))


OLD = (
    *(window(function, "amount") for function in FUNCTIONS),
    *(window(function, "tip") for function in FUNCTIONS if function not in WITHOUT_FIELD),
    *(window(function, "amount", resolution="10s") for function in ("sum", "std", "distinct", "p90", "min")),
    window("mean", "tip", delay="15s"),
)


@st.composite
def another(draw) -> tuple[Window, ...]:
    """The windows of another version: some of the old ones in another order, and some new ones."""
    kept = draw(st.lists(st.sampled_from(OLD), min_size=1, unique_by=lambda it: it.name))
    new = draw(
        st.lists(
            st.builds(
                window,
                st.sampled_from(FUNCTIONS),
                st.sampled_from(["amount", "tip", "online"]),
                resolution=st.sampled_from(["1s", "10s", "7s"]),
                delay=st.sampled_from(["0s", "30s"]),
            ).filter(lambda it: not (it.over == "online" and it.function == "last")),
            unique_by=lambda it: it.name,
        )
    )
    longer = tuple(
        replace(it, name=f"{it.name}_long", lengths=("90s",))
        for it in draw(st.lists(st.sampled_from(kept), max_size=2, unique_by=lambda it: it.name))
    )
    return (*draw(st.permutations([*kept, *new])), *longer)


@given(reference.events(), another(), st.data())
def test_what_two_versions_both_know_is_exact_however_often_and_whenever_they_take_turns(history, windows, data):
    old, new = layout(*OLD), layout(*windows)
    state, never_changed = new_state(old), new_state(old)
    for row in history:
        state = upgrade(through_the_store(state), data.draw(st.sampled_from([old, new])))
        folded(state, [row])
        folded(never_changed, [row])
    found = evaluate(new, [upgrade(state, new)], **LAST)
    expected = evaluate(old, [never_changed], **LAST)
    common = found.keys() & expected.keys()
    assert common
    assert {name: found[name] for name in common} == {name: expected[name] for name in common}


@given(reference.events(), another(), st.data())
def test_a_state_says_that_it_is_partial_unless_it_holds_all(history, windows, data):
    cut = data.draw(st.integers(0, len(history)))
    new = layout(*windows)
    state = folded(upgrade(folded(new_state(layout(*OLD)), history[:cut]), new), history[cut:])
    if not state.partial:
        complete = folded(new_state(new), history)
        assert evaluate(new, [state], **LAST) == evaluate(new, [complete], **LAST)
        assert contents(state) == contents(complete)


def contents(state):
    """What a state holds, however wide its columns are: an upgraded one may write out counts that are all one."""
    tracks = [(track.width_s, track.entries(0, len(track.times))) for track in state.tracks]
    return repr((state.ids, tracks))  # as text, because no value equals the mark of a missing one


def test_a_shorter_window_over_known_columns_is_exact_at_once_and_leaves_the_state_whole():
    history = [{"timestamp": 1_100 + at, "event_id": str(at), "amount": float(at)} for at in range(20)]
    old, new = layout(window("mean", "amount")), layout(replace(window("sum", "amount"), lengths=("10s", "60s")))
    state = upgrade(folded(new_state(old), history), new)
    assert not state.partial
    assert evaluate(new, [state], timestamp=1_119, event_id="19") == evaluate(
        new, [folded(new_state(new), history)], timestamp=1_119, event_id="19"
    )


MISSING = {
    "a column": window("max", "amount"),
    "a resolution": window("count", "amount", resolution="10s"),
    "a longer reach": window("count", "amount", lengths=("120s",), name="far"),
    "a delay": window("count", "amount", delay="5s"),
}


@pytest.mark.parametrize("what", MISSING)
def test_a_state_with_events_is_partial_when_something_is_missing(what):
    old, new = layout(window("count", "amount")), layout(window("count", "amount"), MISSING[what])
    assert upgrade(folded(new_state(old), [{"timestamp": 1_000, "event_id": "a", "amount": 1.0}]), new).partial
    assert not upgrade(new_state(old), new).partial


def test_partial_survives_packing_folding_merging_and_the_way_back():
    old, new = layout(window("count", "amount")), layout(window("count", "amount"), window("max", "amount"))
    event = {"timestamp": 1_000, "event_id": "a", "amount": 1.0}
    state = through_the_store(upgrade(folded(new_state(old), [event]), new))
    assert state.partial
    assert folded(state, [{**event, "event_id": "b"}]).partial
    assert merge([state, new_state(state.layout)]).partial
    assert upgrade(state, old).partial


def test_the_new_part_counts_what_comes_after_the_upgrade():
    old, new = layout(window("count", "amount")), layout(window("count", "amount"), window("sum", "amount"))
    state = upgrade(folded(new_state(old), [{"timestamp": 1_150, "event_id": "a", "amount": 5.0}]), new)
    folded(state, [{"timestamp": 1_151, "event_id": "b", "amount": 7.0}])
    assert evaluate(new, [state], **LAST) == {"amount_count_60s": 2, "amount_sum_60s": 7.0}


@given(reference.events(), st.integers(1, 6), st.integers(1, 6))
def test_how_many_newest_events_are_kept_may_change(history, before, after):
    old, new = layout(*OLD, newest=before), layout(*OLD, newest=after)
    for cut in (len(history), len(history) // 2):
        state = folded(upgrade(folded(new_state(old), history[:cut]), new), history[cut:])
        assert len(state.ids) <= max(after, min(before, after))
        expected = evaluate(new, [folded(new_state(new), history)], **LAST)
        reference.agree(evaluate(new, [state], **LAST), expected)


def test_texts_appended_to_the_allowed_ones_keep_the_column():
    def coded(*texts: str) -> Layout:
        base = shop(window("count", "amount"))
        field = Field(name="channel", type="string", allowed=texts)
        base = replace(base, event=replace(base.event, fields=(*base.event.fields, field)))
        return features(window("last", "channel"), base=base).layout("customer", "events")

    event = {"timestamp": 1_150, "event_id": "a", "channel": "till"}
    for old, new in (
        (coded("web", "till"), coded("web", "till", "post")),
        (coded("web", "till", "post"), coded("web", "till")),
    ):
        state = upgrade(folded(new_state(old), [event]), new)
        assert evaluate(new, [state], **LAST) == {"channel_last_60s": 1.0}
        assert not state.partial
    other = coded("till", "web")
    state = upgrade(folded(new_state(coded("web", "till")), [event]), other)
    assert state.partial
    assert evaluate(other, [state], **LAST) == {"channel_last_60s": None}


@given(st.data())
def test_labels_are_carried_over_and_partial_only_if_windows_reach_further(data):
    given_labels = data.draw(reference.labels(data.draw(reference.events())))
    layouts = [features(returned(length)).layout("customer", "labels") for length in ("60s", "30s", "90s")]
    for new in layouts:
        state = LabelState(layouts[0])
        for row in given_labels:
            state.fold(
                timestamp=row["timestamp"],
                event_id=row["event_id"],
                value=row["returned"],
                labelled_at=row["labelled_at"],
            )
        reaches_further = new.retention_s > layouts[0].retention_s
        before = state.entries()
        upgraded = upgrade(through_the_store(state), new)
        assert upgraded.partial == (reaches_further and bool(before))
        assert upgraded.entries() == [it for it in before if it[0] > before[-1][0] - new.retention_s]
        if upgraded.partial:
            assert upgrade(through_the_store(upgraded), layouts[0]).partial


def test_a_state_is_read_by_the_features_of_the_new_layout_even_if_nothing_that_is_kept_differs():
    old, new = (
        layout(window("mean", "amount")),
        layout(window("mean", "amount"), window("mean", "amount", lengths=("9s",), name="n")),
    )
    assert old.fingerprint == new.fingerprint
    state = upgrade(folded(new_state(old), [{"timestamp": 1_155, "event_id": "a", "amount": 4.0}]), new)
    assert evaluate(new, [state], **LAST) == {"amount_mean_60s": 4.0, "n_9s": 4.0}
    assert upgrade(state, new) is state


def test_a_state_of_another_entity_or_source_is_refused():
    compiled = features(*OLD, returned("60s"))
    with pytest.raises(StateError, match="a state of customer/events is none of customer/labels"):
        upgrade(EventState(compiled.layout("customer", "events")), compiled.layout("customer", "labels"))


def test_packed_bytes_name_their_layout():
    for it in (layout(*OLD), layout(window("count", "amount"))):
        assert fingerprint_of(encode(new_state(it))) == it.fingerprint
