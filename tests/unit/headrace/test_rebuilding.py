"""States made again from their records equal those of the stream, and tell when a record is missing."""

import window_reference as reference
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from window_cases import shop

from headrace.features import FeatureSet
from headrace.rebuilding import begin, fold, lacks, reaches_back_to
from headrace.schema import LabelRecord
from headrace.usecase import Window
from headrace.windows import EventState, LabelState, State, decode, encode, evaluate, upgrade

LAST = {"timestamp": 1_160, "event_id": "\U0010ffff"}
OLD_WINDOWS = (
    Window(entity="customer", function="std", over="amount", lengths=("20s",)),
    Window(entity="customer", function="count", lengths=("20s",), resolution="10s"),
    Window(entity="customer", function="mean", over="returned", source="labels", lengths=("20s",), delay="20s"),
)
NEW_WINDOWS = (
    *OLD_WINDOWS,
    Window(entity="customer", function="distinct", over="tip", lengths=("60s",)),
    Window(entity="customer", function="sum", over="tip", lengths=("40s",), resolution="7s"),
    Window(entity="customer", function="max", over="returned", source="labels", lengths=("60s",), delay="20s"),
)
OLD, NEW = (FeatureSet(shop(*windows), newest=3) for windows in (OLD_WINDOWS, NEW_WINDOWS))


def made(features: FeatureSet, source: str, records: list, stored: State | None = None) -> State:
    known = {row["event_id"] for row in records} if source == "events" else ()
    state = begin(stored, features.layout("customer", source), known=known)
    fold(features, state, records)
    return state


def label_records(rows: list[dict]) -> list[LabelRecord]:
    return [
        LabelRecord(row["event_id"], row["timestamp"], {"customer": "c"}, row["returned"], row["labelled_at"])
        for row in rows
    ]


def values(state: State) -> dict:
    return evaluate(state.layout, [state], **LAST)


@given(reference.events())
def test_what_windows_reach_is_enough_to_make_a_state_again(history):
    stored = made(NEW, "events", history)
    needed = [row for row in history if row["timestamp"] > reaches_back_to(stored)]
    rebuilt = made(NEW, "events", needed, stored)
    assert not lacks(rebuilt, stored)
    assert rebuilt.ids == stored.ids
    assert values(rebuilt) == values(stored)
    assert encode(made(NEW, "events", history)) == encode(stored)


@given(reference.events(), st.data())
def test_a_state_of_another_version_is_completed_to_the_bit(history, data):
    cut = data.draw(st.integers(0, len(history)))
    stored = upgrade(made(OLD, "events", history[:cut]), NEW.layout("customer", "events"))
    fold(NEW, stored, history[cut:])
    rebuilt = made(NEW, "events", history, decode(encode(stored), stored.layout))
    assert not lacks(rebuilt, stored)
    assert not rebuilt.partial
    assert encode(rebuilt) == encode(made(NEW, "events", history))


@given(reference.events(), st.data())
def test_a_missing_event_is_noticed_in_a_whole_state_and_in_the_old_part_of_a_partial_one(history, data):
    assume(history)
    whole = made(OLD, "events", history)
    partial = upgrade(made(OLD, "events", history), NEW.layout("customer", "events"))
    lost = data.draw(st.sampled_from([row for row in history if row["timestamp"] > reaches_back_to(whole) + 10]))
    rest = [row for row in history if row is not lost]
    assert lacks(made(OLD, "events", rest, whole), whole) == 1
    assert lacks(made(NEW, "events", rest, partial), partial) == 1


@given(reference.events(), st.data())
def test_events_that_the_stored_state_never_saw_are_welcome(history, data):
    seen = [row for row in history if data.draw(st.booleans())]
    assert not lacks(made(OLD, "events", history), made(OLD, "events", seen))


@given(reference.events(maximum=60))
def test_a_coarse_state_is_compared_by_its_own_buckets(history):
    coarse = FeatureSet(shop(*NEW_WINDOWS), newest=3, max_buckets=2)
    stored = made(coarse, "events", history)
    assert not lacks(made(NEW, "events", history), stored)
    assert not lacks(made(coarse, "events", history), made(NEW, "events", history))


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # histories without a label are drawn often, and cheap
@given(st.data())
def test_labels_are_made_again_with_their_corrections(data):
    rows = data.draw(reference.labels(data.draw(reference.events())))
    cut = data.draw(st.integers(0, len(rows)))
    stored = upgrade(made(OLD, "labels", label_records(rows[:cut])), NEW.layout("customer", "labels"))
    fold(NEW, stored, label_records(rows[cut:]))
    rebuilt = made(NEW, "labels", label_records(rows), stored)
    assert not lacks(rebuilt, stored)
    assert encode(rebuilt) == encode(made(NEW, "labels", label_records(rows)))
    held = rebuilt.entries()
    assume(held and len(rows) == len({row["event_id"] for row in rows}))
    rest = [row for row in rows if row["event_id"] != rows[0]["event_id"]]
    assert lacks(made(NEW, "labels", label_records(rest)), rebuilt) == int(
        rows[0]["timestamp"] > reaches_back_to(made(NEW, "labels", label_records(rest)))
        and rows[0]["timestamp"] > held[-1][0] - rebuilt.layout.retention_s
    )


def test_a_state_that_is_begun_remembers_only_events_that_no_window_reaches():
    far = [{"timestamp": at, "event_id": str(at), "amount": 1.0} for at in (10, 20)]
    near = {"timestamp": 1_100, "event_id": "near", "amount": 1.0}
    stored = made(OLD, "events", [*far, near])
    begun = begin(stored, stored.layout)
    assert begun.ids == ["10", "20"]
    assert begin(None, stored.layout).ids == []
    assert isinstance(begin(None, NEW.layout("customer", "labels")), LabelState)
    assert isinstance(begin(None, NEW.layout("customer", "events")), EventState)
