"""Events and labels out of order: what counts once, what counts no longer, whenever it is evaluated."""

from bounded_rows import label_layout, labelled, row, vector
from window_cases import bazaar, shop

from headrace.features import FeatureSet
from headrace.usecase import Window
from headrace.windows import compile_layout, decode, encode, evaluate


def test_a_label_given_later_than_the_evaluated_time_does_not_count_yet():
    layout = label_layout()
    state = labelled(layout, [1_000, 1_001], labelled_at=1_100)
    assert [evaluate(layout, [state], timestamp=at, event_id="x")["n_1h"] for at in (1_099, 1_100)] == [0, 2]
    assert len(state.times) == 2
    again = decode(encode(state), layout)
    assert [evaluate(layout, [again], timestamp=at, event_id="x")["n_1h"] for at in (1_099, 1_100)] == [0, 2]


def test_a_correction_from_later_hides_nothing_that_another_shard_knew_before():
    window = Window(
        entity="shop", function="sum", over="returned", source="labels", lengths=("1h",), delay="20s", name="n"
    )
    layout = compile_layout(shop(window), "shop", "labels")
    before, after = labelled(layout, [1_000], labelled_at=1_050), labelled(layout, [1_000], labelled_at=1_200, value=0)
    found = [evaluate(layout, [before, after], timestamp=at, event_id="x")["n_1h"] for at in (1_049, 1_199, 1_200)]
    assert found == [0, 1, 0]


AGES = FeatureSet(
    bazaar(
        *(
            Window(
                name=f"count_{current}".lower(), entity="customer", function="count", lengths=("1m",), current=current
            )
            for current in (True, False)
        ),
        Window(name="delayed", entity="customer", function="count", lengths=("1m",), delay="1s"),
        Window(name="coarse", entity="customer", function="count", lengths=("1m",), resolution="10s"),
    ),
    newest=2,
)
"""Keeps events for about a minute."""


def test_an_event_too_late_to_be_kept_counts_itself_and_nothing_else_whenever_it_is_evaluated():
    state, other = (AGES.new_state("customer", "events") for _ in range(2))
    for number in range(500, 505):
        AGES.fold_event(row(number), {"customer": state})
    AGES.fold_event(row(900), {"customer": other})
    late = row(0)
    before = [vector(AGES, states, late, folded=False) for states in ([state], [state, other], [])]
    packed = encode(state)
    AGES.fold_event(late, {"customer": state})
    assert encode(state) == packed
    after = [vector(AGES, states, late, folded=True) for states in ([state], [state, other], [])]
    assert before == after
    names = ("count_true_1m", "count_false_1m", "delayed_1m", "coarse_1m")
    assert [[it[name] for name in names] for it in before] == [[1, 0, 0, 1]] * 3


def test_an_event_that_is_kept_counts_once_although_it_is_no_longer_single():
    state = AGES.new_state("customer", "events")
    for number in (10, 12, 14, 16, 18):
        AGES.fold_event(row(number), {"customer": state})
    found = vector(AGES, [state], row(12), folded=True)
    assert (found["count_true_1m"], found["count_false_1m"]) == (2, 1)


def test_of_a_bucket_older_than_the_single_events_everything_counts_or_nothing_if_the_point_itself_must_not():
    features = FeatureSet(
        bazaar(
            *(
                Window(
                    name=f"n_{current}".lower(),
                    entity="customer",
                    function="count",
                    lengths=("1m",),
                    resolution="10s",
                    current=current,
                )
                for current in (True, False)
            )
        ),
        newest=1,
    )
    state = features.new_state("customer", "events")
    for number in (9, 10, 11, 12, 40):
        features.fold_event(row(number), {"customer": state})
    found = vector(features, [state], row(11), folded=True)
    assert (found["n_true_1m"], found["n_false_1m"]) == (4, 1)


def test_no_copy_of_the_point_counts_where_the_point_itself_must_not():
    state = AGES.new_state("customer", "events")
    for number in (9, 10, 10):
        AGES.fold_event(row(number), {"customer": state})
    found = vector(AGES, [state], row(10), folded=True)
    assert (found["count_true_1m"], found["count_false_1m"]) == (3, 1)
