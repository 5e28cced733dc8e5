"""States of one layout in the hands of code that has another: what both know stays, what is new begins, all is told."""

from dataclasses import replace

import window_reference as reference
from hypothesis import given
from hypothesis import strategies as st
from upgraded_layouts import LAST, OLD, another, features, folded, layout, returned, through_the_store, window
from window_cases import shop

from headrace.usecase import Field
from headrace.windows import (
    LabelState,
    Layout,
    evaluate,
    new_state,
    upgrade,
)


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
