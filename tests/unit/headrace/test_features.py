"""Feature vectors: the same before and after folding, from one shard or many, and in the use case's order."""

from collections import defaultdict

import pytest
import window_reference as reference
from hypothesis import given
from hypothesis import strategies as st
from window_cases import USECASE, shop

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.schema import LabelRecord
from headrace.usecase import Window
from headrace.windows import encode

FEATURES = FeatureSet(USECASE, newest=4)
"""Keeps few events single, so that most are in buckets."""
SINGLE = FeatureSet(USECASE, newest=64)
"""Keeps every event single."""
EVENT = {
    "event_id": "a",
    "timestamp": 1_000,
    "customer_id": "c",
    "shop_id": "s",
    "amount": 12.5,
    "tip": None,
    "online": True,
}


class Shards:
    """States per entity and key, written by two shards, unpacked for every event as a Lambda does."""

    def __init__(self, features: FeatureSet = FEATURES) -> None:
        self.features = features
        self.packed = defaultdict(dict)

    def states(self, row):
        return {
            entity.name: [
                self.features.decode(entity.name, source, data)
                for (source, _), data in self.packed[entity.name, row[entity.key]].items()
            ]
            for entity in USECASE.entities
        }

    def fold(self, row, shard):
        own = {name: self._own(name, row, ("events", shard)) for name in self.features.entities("events")}
        self.features.fold_event(row, own)
        self._store(own, row, ("events", shard))

    def fold_label(self, row, shard):
        own = {name: self._own(name, row, ("labels", shard)) for name in self.features.entities("labels")}
        keys = {entity.name: row[entity.key] for entity in USECASE.entities}
        self.features.fold_label(
            LabelRecord(row["event_id"], row["timestamp"], keys, row["returned"], row["labelled_at"]), own
        )
        self._store(own, row, ("labels", shard))

    def _own(self, name, row, place):
        data = self.packed[name, row[USECASE.entity(name).key]].get(place)
        return self.features.new_state(name, place[0]) if data is None else self.features.decode(name, place[0], data)

    def _store(self, own, row, place):
        for name, state in own.items():
            self.packed[name, row[USECASE.entity(name).key]][place] = encode(state)


@given(st.data())
def test_a_request_gets_the_definitions_vector_before_and_after_its_event_is_folded(data):
    history = reference.in_order(data.draw(reference.events(maximum=12, customers=("c", "d"))))
    shards, seen = Shards(), []
    for row in history:
        before = FEATURES.vector(row, shards.states(row))
        shards.fold(row, data.draw(st.integers(0, 1)))
        seen.append(row)
        keys = {"customer": row["customer_id"], "shop": row["shop_id"]}
        expected = reference.vector(USECASE, seen, [], row["timestamp"], row["event_id"], keys=keys)
        reference.agree({name: before[name] for name in expected}, expected)
        reference.agree(FEATURES.vector(row, shards.states(row)), before)


@given(reference.events(maximum=12, customers=("c", "d")), st.lists(st.integers(0, 1), min_size=12, max_size=12))
def test_while_events_are_single_the_vector_is_the_same_bit_for_bit_before_and_after_folding(history, places):
    shards = Shards(SINGLE)
    for row, shard in zip(reference.in_order(history), places, strict=False):
        before = SINGLE.vector(row, shards.states(row))
        shards.fold(row, shard)
        assert SINGLE.vector(row, shards.states(row)) == before


@given(st.data())
def test_labels_reach_every_entity_of_their_event(data):
    history = data.draw(reference.events(maximum=10, customers=("c", "d")))
    given_labels = data.draw(reference.labels(history))
    shards = Shards()
    for label in [it for it in given_labels if it["labelled_at"] <= 1_152]:
        shards.fold_label(label, data.draw(st.integers(0, 1)))
    point = EVENT | {"timestamp": 1_152}
    found = FEATURES.vector(point, shards.states(point))
    expected = reference.vector(USECASE, [point], given_labels, 1_152, "a", keys={"customer": "c", "shop": "s"})
    reference.agree({name: found[name] for name in expected}, expected)


def test_the_vector_has_every_feature_in_the_use_cases_order():
    vector = FEATURES.vector(EVENT, {})
    assert tuple(vector) == FEATURES.names == USECASE.feature_names
    assert list(vector.items())[:5] == [
        ("amount", 12.5),
        ("tip", None),
        ("online", 1.0),
        ("hour", 0.0),
        ("weekday", 3.0),
    ]


def test_an_event_that_the_caller_knows_to_be_folded_is_not_counted_twice_though_its_id_is_forgotten():
    shards = Shards()
    shards.fold(EVENT, 0)
    for number in range(5):
        shards.fold(EVENT | {"timestamp": 1_001 + number, "event_id": f"b{number}"}, 0)
    known = FEATURES.vector(EVENT, shards.states(EVENT), folded=True)
    assert known["count_r1s_d0s_10s"] == 1
    assert FEATURES.vector(EVENT, shards.states(EVENT))["count_r1s_d0s_10s"] == 2
    fresh = FEATURES.vector(EVENT | {"event_id": "b0"}, shards.states(EVENT), folded=False)
    assert fresh["count_r1s_d0s_10s"] == 2


def test_folding_can_drop_a_producers_duplicates():
    state = FEATURES.new_state("customer", "events")
    for _ in range(2):
        FEATURES.fold_event(EVENT, {"customer": state}, drop_duplicates=True)
    assert FEATURES.vector(EVENT, {"customer": [state]})["count_r1s_d0s_10s"] == 1


def test_only_entities_with_windows_keep_state():
    features = FeatureSet(shop(Window(entity="shop", function="count", lengths=("1d",))))
    assert features.entities("events") == ("shop",)
    assert features.entities("labels") == ()
    assert not features.layout("customer", "labels").tracks
    with pytest.raises(KeyError):
        features.layout("planet", "events")


def test_a_state_of_another_entity_is_refused():
    with pytest.raises(StateError, match="rebuild"):
        FEATURES.decode("customer", "events", encode(FEATURES.new_state("shop", "labels")))
