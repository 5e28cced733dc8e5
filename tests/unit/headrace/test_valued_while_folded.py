"""Short ways of the stream end where the long ones do: an event valued while it is folded, labels counted as packed."""

from dataclasses import replace

import pytest
from folded_states import LABELS, LAST, label_state, values
from hypothesis import given
from hypothesis import strategies as st
from window_cases import USECASE
from window_layouts import histories, usecases
from window_reference import events, labels

from headrace.features import FeatureSet
from headrace.usecase import UseCase
from headrace.windows import EventState, decode, encode
from headrace.windows.evaluation import evaluate_and_fold, evaluate_events

Event = dict[str, object]


def both_ways(features: FeatureSet, entity: str, history: list[Event], *, elsewhere: int) -> int:
    """Fold the same events both ways, the first ones into another shard's state. Returns how many were compared."""
    layout = features.layout(entity, "events")
    other, together, apart = EventState(layout), EventState(layout), EventState(layout)
    for event in history[:elsewhere]:
        features.add_event(event, other)
    others = [other] if elsewhere else []
    for event in history[elsewhere:]:
        place = features.place(event)
        now, before = {}, {}
        evaluate_and_fold([*others, together], place, event, now)
        evaluate_events([*others, apart], place, event, False, before)
        apart.add(*place, event)
        assert now == before
        assert encode(together) == encode(apart)
    return len(history) - elsewhere


@given(usecases(), histories(), st.integers(1, 3), st.booleans(), st.sampled_from([0, 0, 3]))
def test_an_event_valued_while_it_is_folded_has_the_values_that_it_had_before(
    usecase: UseCase, history: list[Event], newest: int, in_order: bool, elsewhere: int
):
    features = FeatureSet(usecase, newest=newest, max_buckets=5)
    rows = sorted(history, key=lambda row: (row["timestamp"], row["event_id"])) if in_order else history
    for entity in features.entities("events"):
        both_ways(features, entity, rows, elsewhere=min(elsewhere, len(rows)))


@pytest.mark.parametrize("elsewhere", [0, 40])
def test_so_it_is_of_many_events_two_in_each_second_the_later_id_first(elsewhere: int):
    features = FeatureSet(replace(USECASE, expressions=()), newest=3, max_buckets=9)
    history = [
        {
            "event_id": f"{at ^ 1:03}",
            "timestamp": 1_000 + at // 2 * 3,
            "amount": at / 4,
            "tip": at / 8 if at % 3 else None,
        }
        for at in range(120)
    ]
    assert both_ways(features, "customer", history, elsewhere=elsewhere) == len(history) - elsewhere


@given(st.data())
def test_labels_that_were_read_are_counted_and_corrected_like_those_that_never_were_packed(data):
    known = data.draw(labels(data.draw(events())))
    kept = label_state(known)
    read = decode(encode(kept), LABELS)
    assert values(read) == values(kept)
    for row in known[:2]:
        correction = {"timestamp": row["timestamp"], "event_id": row["event_id"], "value": 1 - row["returned"]}
        for state in (kept, read):
            state.fold(**correction, labelled_at=LAST["timestamp"])
    assert encode(read) == encode(kept)
    assert values(read) == values(kept)
