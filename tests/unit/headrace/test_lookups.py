"""What held at an event's time, whatever the order in which readings came; scalar and columnar alike."""

from dataclasses import replace
from functools import reduce

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looked_up import SEGMENT, WEATHER, looking_up

from headrace.errors import RejectedError, StateError
from headrace.lookups import (
    LookupKey,
    Reading,
    Readings,
    coerce_reading,
    decode,
    encode,
    fill,
    gather,
    merge,
    most_readings,
    prune,
    value_at,
    wanted,
)
from headrace.usecase import Lookup
from headrace.windows_columnar.lookups import look_up

USECASE = looking_up(WEATHER, SEGMENT)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "degrees": st.floats(-60, 60).map(lambda it: it + 0.0),
        "rain": st.integers(0, 2**53),
        "sky": st.sampled_from(["clear", "grey", ""]),
    },
).filter(bool)
READINGS = st.builds(
    Reading,
    st.sampled_from(["A", "B"]),
    st.integers(1, 12_000),
    VALUES,
    st.integers(0, 3),
)
MANY = st.lists(READINGS, max_size=25)
LOOKUPS = st.builds(
    lambda age, delay, lateness: replace(
        WEATHER, max_age=None if age is None else f"{delay + age}s", delay=f"{delay}s", lateness=f"{lateness}s"
    ),
    st.none() | st.integers(1, 4_000),
    st.integers(0, 2_000),
    st.integers(0, 9_000),
)


def _of(key: str, readings: list[Reading]) -> list[Reading]:
    return [it for it in readings if it.key == key]


def _by_hand(lookup: Lookup, readings: list[Reading], name: str, time: int) -> object:
    """The definition, word for word."""
    oldest = -1 if lookup.max_age_s is None else time - lookup.delay_s - lookup.max_age_s
    due = [it for it in readings if name in it.values and oldest < it.time <= time - lookup.delay_s]
    return max(due, key=lambda it: (it.time, it.given_at, it.values[name])).values[name] if due else None


def _event(city: str, time: int, **given: object) -> dict[str, object]:
    return dict.fromkeys(field.name for field in USECASE.event.fields) | {
        "event_id": "1",
        "customer_id": "c",
        "timestamp": time,
        "city_id": city,
        **given,
    }


@given(LOOKUPS, MANY, st.integers(0, 20_000))
def test_a_value_is_that_of_the_newest_reading_that_was_due(lookup: Lookup, readings: list[Reading], time: int) -> None:
    own = _of("A", readings)
    known = gather(lookup, own)
    assert {it: value_at(lookup, known[it], time) for it in lookup.fields} == {
        it: _by_hand(lookup, own, it, time) for it in lookup.fields
    }


@given(LOOKUPS, st.lists(MANY, min_size=1, max_size=4), st.randoms())
def test_neither_order_nor_repetition_nor_early_pruning_changes_what_is_kept(
    lookup: Lookup, parts: list[list[Reading]], chance: object
) -> None:
    usecase = looking_up(lookup, SEGMENT)

    def grown(known: Readings, part: list[Reading]) -> Readings:
        return prune(usecase, lookup, merge(lookup, (known, gather(lookup, _of("A", part)))))

    at_once = prune(usecase, lookup, gather(lookup, _of("A", [it for part in parts for it in part])))
    shuffled = [*parts, *parts]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert reduce(grown, shuffled, gather(lookup, ())) == at_once


@given(LOOKUPS, MANY, st.integers(0, 20_000))
def test_pruning_changes_no_value_of_an_event_that_is_not_too_late(
    lookup: Lookup, readings: list[Reading], time: int
) -> None:
    known = gather(lookup, _of("A", readings))
    kept = prune(looking_up(lookup, SEGMENT), lookup, known)
    newest = max((it.time for it in _of("A", readings)), default=0)
    if time >= newest - lookup.lateness_s:
        assert [value_at(lookup, kept[it], time) for it in lookup.fields] == [
            value_at(lookup, known[it], time) for it in lookup.fields
        ]


@given(LOOKUPS, MANY)
def test_readings_come_back_from_their_bytes(lookup: Lookup, readings: list[Reading]) -> None:
    known = gather(lookup, _of("A", readings))
    assert merge(lookup, (decode(encode(known)),)) == known


@given(LOOKUPS, MANY, st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 20_000), VALUES | st.just({}))))
def test_a_frame_is_filled_as_its_events_are_one_by_one(
    lookup: Lookup, readings: list[Reading], asked: list[tuple[str, int, dict[str, object]]]
) -> None:
    usecase = looking_up(lookup, SEGMENT)
    known = {LookupKey("weather", key): gather(lookup, _of(key, readings)) for key in "AB"}
    one_by_one = [fill(usecase, _event(city, time, **given), known) for city, time, given in asked]
    rows = [{"city_id": it.key, "timestamp": it.time, **it.values, "given_at": it.given_at} for it in readings]
    frame = pd.DataFrame(rows, columns=["city_id", "timestamp", *lookup.fields, "given_at"], dtype=object)
    events = pd.DataFrame([_event(city, time, **given) for city, time, given in asked], columns=list(_event("A", 0)))
    events["timestamp"] = events["timestamp"].astype(np.int64)
    found = look_up(usecase, events, {"weather": frame})
    for name in lookup.fields:
        got = [None if pd.isna(value) else value for value in found[name].tolist()]
        assert got == [it[name] for it in one_by_one]


def test_what_an_event_brings_is_taken_at_its_word_and_the_rest_is_filled() -> None:
    known = {LookupKey("weather", "A"): gather(WEATHER, [Reading("A", 100, {"degrees": 3.5, "rain": 2})])}
    filled = fill(USECASE, _event("A", 500, rain=0), known)
    assert (filled["rain"], filled["degrees"], filled["sky"]) == (0, 3.5, None)


def test_only_what_an_event_does_not_bring_is_wanted() -> None:
    whole = _event("A", 500, rain=0, degrees=1.0, sky="grey")
    assert wanted(USECASE, whole) == [LookupKey("segment", "c")]
    assert wanted(USECASE, whole | {"sky": None, "segment": "new"}) == [LookupKey("weather", "A")]


def test_a_hot_key_keeps_as_many_of_its_newest_readings_as_fit_an_item() -> None:
    most = most_readings(USECASE, SEGMENT)
    readings = [Reading("c", it, {"segment": "é" * 256}) for it in range(most + 5)]
    kept = prune(USECASE, SEGMENT, gather(SEGMENT, readings))
    assert list(kept["segment"].times) == list(range(5, most + 5))
    assert len(encode(kept)) < 350_000


def test_a_field_that_a_look_up_no_longer_has_is_left_behind_and_a_new_one_starts_empty() -> None:
    old = decode(encode(gather(WEATHER, [Reading("A", 100, {"degrees": 3.5})])))
    assert merge(replace(WEATHER, fields=("rain",)), (old,)) == gather(replace(WEATHER, fields=("rain",)), ())


@pytest.mark.parametrize("data", [b"", b"\x02abc", b"\x01abc", encode({})[:-3]])
def test_bytes_that_cannot_be_read_are_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        decode(data)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"timestamp": 5, "rain": 1}, "city_id: is missing"),
        ({"city_id": "A", "rain": 1}, "timestamp: is missing"),
        ({"city_id": "A", "timestamp": 5}, "has none of degrees, rain, sky"),
        ({"city_id": "A", "timestamp": 5, "rain": -1}, "rain: is below 0"),
        ({"city_id": "A", "timestamp": 5, "degrees": "warm"}, "degrees: is not a number"),
        ({"city_id": "A", "timestamp": 5_000, "rain": 1}, "timestamp: lies in the future"),
        ({"city_id": "A", "timestamp": 5, "rain": 1, "given_at": 5_000}, "given_at: lies in the future"),
    ],
)
def test_a_wrong_reading_is_refused_by_the_rules_of_the_events_fields(raw: dict[str, object], problem: str) -> None:
    with pytest.raises(RejectedError, match=problem):
        coerce_reading(USECASE, WEATHER, raw, given_at=9, latest=1_000)


def test_a_reading_may_say_when_it_was_given_so_that_an_older_file_corrects_nothing() -> None:
    raw = {"city_id": "A", "timestamp": 100, "rain": 1, "given_at": 400}
    told = coerce_reading(USECASE, WEATHER, raw, given_at=900, latest=1_000)
    assert gather(WEATHER, [told, Reading("A", 100, {"rain": 2}, 500)])["rain"].values == [2]


def test_a_reading_has_the_types_of_the_events_fields() -> None:
    raw = {"city_id": "A", "timestamp": "1970-01-01T00:01:40Z", "degrees": 3, "other": 1, "sky": None}
    read = coerce_reading(USECASE, WEATHER, raw, given_at=9, latest=1_000)
    assert read == Reading("A", 100, {"degrees": 3.0}, 9)
