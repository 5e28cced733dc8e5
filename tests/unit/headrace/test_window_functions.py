"""Every window function and expression, in random use cases, against the definition."""

from collections import defaultdict

import pytest
import window_layouts as layouts
import window_reference as reference
from hypothesis import given
from hypothesis import strategies as st

from headrace.features import FeatureSet
from headrace.window_functions import recency
from headrace.windows import decode, encode, merge


@pytest.fixture(autouse=True, scope="module")
def sessions_end_soon():
    """So soon that small histories have several; no resolution here is coarser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recency, "SESSION_GAP_S", 9)
        yield


class Shards:
    """The states of every entity and key, dealt to three shards that are packed, pruned and merged at random."""

    def __init__(self, features: FeatureSet, draw) -> None:
        self.features = features
        self.draw = draw
        self.states = defaultdict(dict)

    def _mine(self, row, name):
        return self.states[name, row[self.features.usecase.entity(name).key]]

    def of(self, row):
        return {it.name: [*self._mine(row, it.name).values()] for it in self.features.usecase.entities}

    def fold(self, row):
        shard = self.draw(st.integers(0, 2))
        own = {}
        for name in self.features.entities("events"):
            own[name] = self._mine(row, name).setdefault(shard, self.features.new_state(name, "events"))
        self.features.fold_event(row, own)
        self._shake()

    def _shake(self):
        for states in filter(None, self.states.values()):
            shards = sorted(states)
            what = self.draw(st.sampled_from(["nothing", "nothing", "pack", "prune", "merge"]))
            if what == "pack":
                states.update((shard, decode(encode(state), state.layout)) for shard, state in states.items())
            elif what == "prune":
                states[shards[0]].prune()
            elif what == "merge" and len(shards) > 1:
                first, second = self.draw(st.permutations(shards))[:2]
                states[first] = merge([states[first], states.pop(second)])


@given(layouts.usecases(), layouts.histories(), st.data())
def test_an_event_gets_the_definitions_vector_before_and_after_it_is_folded_in_order(usecase, history, data):
    shards, seen = Shards(FeatureSet(usecase, newest=data.draw(st.sampled_from([1, 2, 30]))), data.draw), []
    for row in reference.in_order(history):
        seen.append(row)
        expected = reference.whole(usecase, seen, row)
        reference.agree(shards.features.vector(row, shards.of(row), folded=False), expected)
        shards.fold(row)
        reference.agree(shards.features.vector(row, shards.of(row)), expected)
        reference.agree(shards.features.vector(row, shards.of(row), folded=True), expected)


@given(layouts.usecases(), layouts.histories(), st.data())
def test_every_event_gets_its_vector_whatever_the_order_of_arrival_while_events_are_single(usecase, history, data):
    shards = Shards(FeatureSet(usecase, newest=30), data.draw)
    for row in history:
        shards.fold(row)
    for row in history:
        reference.agree(shards.features.vector(row, shards.of(row)), reference.whole(usecase, history, row))


@given(layouts.usecases(), layouts.histories(maximum=24), st.data())
def test_the_newest_event_gets_its_vector_whatever_came_before_it_and_however_few_events_are_single(
    usecase, history, data
):
    shards = Shards(FeatureSet(usecase, newest=2), data.draw)
    last = reference.in_order(history)[-1]
    for row in history:
        if row is not last:
            shards.fold(row)
    reference.agree(
        shards.features.vector(last, shards.of(last), folded=False), reference.whole(usecase, history, last)
    )
