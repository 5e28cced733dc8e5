"""Every simulated world keeps its use case's rules, is the same for the same seed, and changes only when it says."""

import pandas as pd
import pytest

import simulators
import usecases
from cli.event_columns import Column, field_values
from headrace.errors import UseCaseError

START = 1_767_225_600
DAYS = 12
PER_DAY = 150
WORLDS = [(name, scenario) for name in simulators.names() for scenario in simulators.scenarios(name)]
UNCHANGED = (simulators.USUAL, "none")
ALWAYS = ("seasonal",)
"""Seasons are no change: they come and go before ``since`` as well."""


def world(name: str, **changes: object) -> pd.DataFrame:
    asked: dict = {"start": START, "days": DAYS, "per_day": PER_DAY, "seed": 3} | changes
    return simulators.load(name)(**asked)


@pytest.mark.parametrize("name", simulators.names())
def test_every_event_is_one_that_the_use_case_takes(name: str) -> None:
    usecase, frame = usecases.load(name), world(name)
    for field in usecase.event.fields:
        field_values(Column(frame[field.name], field.name), field)
    assert frame[usecase.event.id].is_unique
    assert frame[usecase.event.timestamp].is_monotonic_increasing
    assert frame[usecase.event.timestamp].between(START, START + DAYS * 86_400 - 1).all()
    assert set(frame[usecase.label.field].dropna()) == {0, 1}


@pytest.mark.parametrize("name", simulators.names())
def test_the_same_seed_gives_the_same_world_and_another_does_not(name: str) -> None:
    pd.testing.assert_frame_equal(world(name), world(name))
    assert not world(name).equals(world(name, seed=4))


@pytest.mark.parametrize(("name", "scenario"), WORLDS)
def test_a_scenario_changes_nothing_before_it_holds_and_something_after(name: str, scenario: str) -> None:
    usecase, since = usecases.load(name), START + 5 * 86_400
    time, label = usecase.event.timestamp, usecase.label.field  # a label may look ahead
    usual, changed = world(name), world(name, scenario=scenario, since=since)
    if scenario not in ALWAYS:
        parts = (frame[frame[time] < since].drop(columns=label) for frame in (usual, changed))
        pd.testing.assert_frame_equal(*parts)
    assert usual.equals(changed) == (scenario in UNCHANGED)


@pytest.mark.parametrize("name", simulators.names())
def test_an_unknown_scenario_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UseCaseError, match="there is no scenario 'flood'; use one of usual"):
        world(name, scenario="flood")


def test_a_use_case_without_a_simulator_is_named() -> None:
    with pytest.raises(UseCaseError, match=r"'weather' has no simulator; use one of .*fraud.*, or replay a file"):
        simulators.load("weather")
