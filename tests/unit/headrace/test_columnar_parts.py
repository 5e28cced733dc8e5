"""A history computed in parts, by time or by entity, is the history computed at once; copies and types of columns."""

from itertools import pairwise

import columnar_cases
import numpy as np
import pandas as pd
import pytest
from columnar_cases import START, USECASE, use_case

from headrace.expressions import evaluate_expressions
from headrace.features import FeatureSet
from headrace.windows_columnar import (
    assembled,
    entity_states,
    per_entity_features,
    training_frame,
    without_duplicates,
)


@pytest.fixture(scope="module")
def world():
    return columnar_cases.world()


def test_a_range_of_time_is_that_part_of_the_whole(world):
    events, labels = world
    whole = training_frame(USECASE, events, labels)
    cuts = [None, START + 300, START + 301, START + 1_500, None]
    parts = [training_frame(USECASE, events, labels, since=since, until=until) for since, until in pairwise(cuts)]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole, rtol=1e-12, atol=1e-9)


def test_a_range_without_events_is_an_empty_frame_of_the_same_columns(world):
    whole = training_frame(USECASE, *world)
    empty = training_frame(USECASE, *world, since=START + 9_000, until=START + 9_001)
    assert empty.empty
    assert empty.dtypes.equals(whole.dtypes)


def test_entities_computed_group_by_group_and_joined_are_the_whole(world):
    events, labels = world
    events = events.assign(row=np.arange(len(events)) * 7)
    joined = events
    for entity in USECASE.entities:
        keys = events[entity.key].unique()
        needed = ["event_id", "timestamp", entity.key, "returned", "labelled_at"]
        groups = [
            per_entity_features(
                USECASE,
                entity.name,
                events[events[entity.key] == key],
                labels.loc[labels[entity.key] == key, needed],
                row="row",
            )
            for key in keys
        ]
        joined = joined.merge(pd.concat(groups), on="row", validate="one_to_one")
    found = assembled(USECASE, joined, keep=("row",)).sort_values(["timestamp", "event_id"], ignore_index=True)
    pd.testing.assert_frame_equal(
        found.drop(columns="row"), training_frame(USECASE, events, labels), rtol=1e-12, atol=1e-9
    )


def test_one_entitys_features_of_a_range_of_time_are_that_part_of_them(world):
    events, labels = world
    events = events.assign(row=events["event_id"])
    whole = per_entity_features(USECASE, "shop", events, labels, row="row")
    part = per_entity_features(
        USECASE, "shop", events, labels, row="row", since=START + 300, until=START + 1_000
    ).set_index("row")
    assert 0 < len(part) < len(whole)
    pd.testing.assert_frame_equal(part, whole.set_index("row").loc[part.index], rtol=1e-12, atol=1e-9)


def test_expressions_are_computed_as_the_scalar_kernel_does(world):
    frame = training_frame(USECASE, *world).astype(object)
    frame = frame.where(frame.notna(), None)
    names = [it.name for it in USECASE.expressions]
    for row in frame.to_dict("records"):
        assert {name: row[name] for name in names} == evaluate_expressions(USECASE.expressions, row)
    assert frame["odd"].isin([1.0]).any() and frame["spread"].notna().any()


def test_copies_are_dropped_by_id_of_the_primary_entity_the_first_by_time_and_arrival_stays():
    usecase = use_case(drop_duplicates=True)
    columns = ["event_id", "timestamp", "customer_id", "arrived_at", "sequence_number", "what"]
    rows = [
        ("a", 20, "c", 30, "2", "late"),
        ("a", 10, "c", 40, "1", "arrived later"),
        ("a", 10, "c", 30, "3", "later in the shard"),
        ("a", 10, "c", 30, "2", "kept"),
        ("a", 10, "d", 30, "9", "another customer's"),
        ("b", 10, "c", 30, "9", "another event"),
    ]
    events = pd.DataFrame(rows, columns=columns)
    assert without_duplicates(usecase, events)["what"].tolist() == ["kept", "another customer's", "another event"]
    assert without_duplicates(usecase, events.drop(columns=["arrived_at", "sequence_number"]))["what"].tolist() == [
        "arrived later",
        "another customer's",
        "another event",
    ]
    assert len(without_duplicates(USECASE, events)) == 6


def test_dropped_copies_neither_count_nor_come_back(world):
    events, labels = world
    usecase = use_case(drop_duplicates=True)
    once = training_frame(usecase, events, labels)
    pd.testing.assert_frame_equal(training_frame(usecase, pd.concat([events, events[::2]]), labels), once)
    states = {it[:3]: it for it in entity_states(usecase, events, labels, START + 1_500)}
    assert {it[:3]: it for it in entity_states(usecase, pd.concat([events[::2], events]), labels, START + 1_500)} == (
        states
    )


@pytest.mark.parametrize(
    "column",
    [
        lambda events: events.assign(items=events["items"].astype(float)),
        lambda events: events.assign(items=events["items"].astype(object).where(events["items"].notna(), None)),
        lambda events: events.assign(channel=events["channel"].astype("category")),
        lambda events: events.assign(channel=events["channel"].astype("string")),
        lambda events: events.assign(due=pd.to_datetime(events["due"], unit="s")),
        lambda events: events.assign(due=pd.to_datetime(events["due"], unit="s", utc=True).dt.tz_convert("Asia/Tokyo")),
        lambda events: events.assign(online=events["online"].astype("boolean")),
        lambda events: events.assign(online=events["online"].astype(object)),
    ],
)
def test_a_column_of_another_type_gives_the_same_features_and_states(world, column):
    events, labels = world
    pd.testing.assert_frame_equal(
        training_frame(USECASE, column(events), labels), training_frame(USECASE, events, labels)
    )
    assert list(entity_states(USECASE, column(events), labels, START + 900)) == list(
        entity_states(USECASE, events, labels, START + 900)
    )


def test_a_backfilled_state_of_every_kind_of_column_is_the_streams(world):
    events, _ = world
    features = FeatureSet(USECASE)
    ordered = events.sort_values(["timestamp", "event_id"]).astype(object)
    ordered = ordered.where(ordered.notna(), None)
    state = features.new_state("customer", "events")
    for row in ordered[(ordered["customer_id"] == "d") & (ordered["timestamp"] < START + 1_000)].to_dict("records"):
        due = None if row["due"] is None else int(row["due"])
        state.fold(timestamp=row["timestamp"], event_id=row["event_id"], values=row | {"due": due})
    found = {it[:3]: it.state for it in entity_states(USECASE, events, None, START + 1_000)}
    restored = features.decode("customer", "events", found["customer", "d", "events"])
    assert restored.ids == state.ids
    point = ordered.iloc[-1].to_dict() | {"timestamp": START + 1_001}
    found, expected = (features.vector(point, {"customer": [it]}, folded=False) for it in (restored, state))
    assert {name for name, it in found.items() if it is None} == {name for name, it in expected.items() if it is None}
    assert [it for it in found.values() if it is not None] == pytest.approx(
        [it for it in expected.values() if it is not None], rel=1e-12
    )
