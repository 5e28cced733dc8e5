"""What is looked up of a person is part of an export, and is gone after an erasure; others' readings stay."""

from typing import Any, cast

import pytest

import usecases
from cli.deployment import Deployment
from cli.erase import look_ups
from cli.erase.content import split
from cli.erase.subject import Subject
from headrace.lookups import Reading, encode, gather

RIDES = usecases.load("rides")
WEATHER, VISITORS = RIDES.lookups


class Site:
    """A platform that knows readings of two cities and a zone."""

    usecase = RIDES

    def __init__(self) -> None:
        self.dynamodb = self
        weather = encode(gather(WEATHER, [Reading("c", 100, {"temperature": 3.5})]))
        visitors = encode(gather(VISITORS, [Reading("Z1", 100, {"visitors_nearby": 9})]))
        self.items = {"weather#city1": weather, "weather#city2": weather, "visitors#Z1": visitors}

    def output(self, stack: str, key: str) -> str:
        assert (stack, key) == ("lookups", "LookupTableName")
        return "readings"

    def get_item(self, *, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        assert (TableName, ConsistentRead) == ("readings", True)
        held = self.items.get(Key["reading_of"]["S"])
        return {"Item": {**Key, "readings": {"B": held}}} if held else {}

    def delete_item(self, *, TableName: str, Key: dict[str, Any]) -> None:
        assert TableName == "readings"
        del self.items[Key["reading_of"]["S"]]


@pytest.fixture
def site() -> Site:
    return Site()


def test_what_is_looked_up_by_the_persons_field_is_found_and_forgotten(site: Site) -> None:
    deployed, subject = cast(Deployment, site), Subject(id="city1", field="city_id")
    found = look_ups.items(deployed, subject)
    assert found == [{"reading_of": "weather#city1", "temperature": [3.5], "rain_mm": []}]
    look_ups.forget(deployed, found)
    assert set(site.items) == {"weather#city2", "visitors#Z1"}
    assert look_ups.items(deployed, subject) == []


def test_a_field_that_nothing_is_looked_up_by_finds_nothing(site: Site) -> None:
    assert look_ups.items(cast(Deployment, site), Subject(id="city1", field="event_id")) == []


def test_the_lakes_readings_of_the_person_go_line_by_line() -> None:
    body = b'{"city_id":"city1","temperature":1}\n{"city_id":"city2","temperature":2}\n'
    parted = split("lookups/weather/dt=2030-01-01/a.jsonl", body, Subject(id="city1", field="city_id"), event_id="id")
    assert parted.found == [{"city_id": "city1", "temperature": 1}]
    assert parted.rest == b'{"city_id":"city2","temperature":2}\n'
