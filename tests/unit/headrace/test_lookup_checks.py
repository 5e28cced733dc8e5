"""A wrong look-up is refused at import, naming the place and the fix."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from looked_up import FIELDS, SEGMENT, WEATHER, looking_up, of_weather

from headrace.errors import UseCaseError
from headrace.usecase import Field, Lookup


def _with(name: str, **changes: object) -> tuple[Field, ...]:
    return tuple(replace(it, **changes) if it.name == name else it for it in FIELDS)


WRONG: dict[str, tuple[Callable[[], object], str, str]] = {
    "a name that is none": (lambda: replace(WEATHER, name="The weather"), "lookups[The weather]", "lower case"),
    "no fields": (lambda: replace(WEATHER, fields=()), "lookups[weather].fields", "name the event fields"),
    "a field of the readings' own": (lambda: replace(WEATHER, fields=("given_at",)), "lookups[weather]", "rename"),
    "a field twice": (lambda: replace(WEATHER, fields=("rain", "rain")), "lookups[weather].fields", "its own name"),
    "no duration": (lambda: replace(WEATHER, delay="soon"), "lookups[weather].delay", "whole number and one of"),
    "no age": (lambda: replace(WEATHER, max_age="x"), "lookups[weather].max_age", "whole number and one of"),
    "values out of date at once": (lambda: replace(WEATHER, delay="1h"), "lookups[weather].delay", "shorter delay"),
    "a past too long": (lambda: replace(WEATHER, lateness="31d"), "lookups[weather].lateness", "events themselves"),
    "an unknown key": (lambda: of_weather(key="town"), "lookups[weather].key", "use one of amount"),
    "a key that is no text": (lambda: of_weather(key="amount"), "lookups[weather].key", "Field(type='string')"),
    "a key that may be missing": (lambda: of_weather(key="segment"), "lookups[weather].key", "required string"),
    "a key too long for the table": (
        lambda: looking_up(WEATHER, fields=_with("city_id", max_length=511)),
        "lookups[weather].key",
        "max_length=510",
    ),
    "an unknown field": (lambda: of_weather(fields=("snow",)), "lookups[weather].fields[snow]", "use one of amount"),
    "a required field": (lambda: of_weather(fields=("amount",)), "lookups[weather].fields[amount]", "required=False"),
    "two of one name": (lambda: looking_up(WEATHER, WEATHER), "lookups", "its own name"),
    "a hashed key": (
        lambda: looking_up(WEATHER, fields=_with("city_id", privacy="hash")),
        "lookups[weather].key",
        "a field in clear",
    ),
    "a field that nobody may see": (
        lambda: looking_up(WEATHER, fields=_with("sky", privacy="remove")),
        "lookups[weather].fields[sky]",
        "privacy='clear'",
    ),
    "a time": (
        lambda: looking_up(WEATHER, fields=_with("rain", type="timestamp", minimum=None)),
        "lookups[weather].fields[rain]",
        "look up numbers",
    ),
    "one field of two": (
        lambda: looking_up(WEATHER, replace(SEGMENT, fields=("segment", "rain"))),
        "lookups[segment].fields[rain]",
        "leave it to one",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_look_up_is_refused_with_its_place_and_the_fix(wrong: str) -> None:
    build, where, fix = WRONG[wrong]
    with pytest.raises(UseCaseError) as caught:
        build()
    assert caught.value.where == where
    assert fix in str(caught.value)


def test_a_use_case_may_look_up_several_things_by_several_keys() -> None:
    assert looking_up(WEATHER, SEGMENT).lookups == (WEATHER, SEGMENT)


def test_a_look_up_knows_its_times_in_seconds() -> None:
    it = Lookup(name="a", key="b", fields=("c",), max_age="2m", delay="30s", lateness="1h")
    assert (it.max_age_s, it.delay_s, it.lateness_s) == (120, 30, 3_600)
    assert Lookup(name="a", key="b", fields=("c",)).max_age_s is None
