"""What is told of a simulated city, looked up as of each report, is what the simulator says of it."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import simulators
import usecases
from headrace.windows_columnar.lookups import look_up

START = 1_767_225_600
USECASE = usecases.load("rides")
FILLED = ["temperature", "rain_mm", "visitors_nearby"]


@pytest.fixture(scope="module", params=sorted(simulators.scenarios("rides")))
def world(request: pytest.FixtureRequest) -> pd.DataFrame:
    return simulators.load("rides")(start=START, days=4, per_day=700, seed=3, scenario=request.param)


def test_readings_looked_up_as_of_each_report_are_the_simulators_own_columns(world: pd.DataFrame) -> None:
    found = look_up(USECASE, world.drop(columns=FILLED), simulators.readings("rides", world))
    assert_frame_equal(found[FILLED], world[FILLED], check_exact=True)


def test_what_a_report_brings_itself_is_kept_and_nothing_is_known_without_readings(world: pd.DataFrame) -> None:
    assert_frame_equal(look_up(USECASE, world, {})[FILLED], world[FILLED])
    assert look_up(USECASE, world.drop(columns=FILLED), {})[FILLED].isna().all(axis=None)


def test_visitors_are_told_only_where_they_change_and_the_weather_for_every_quarter_of_an_hour(
    world: pd.DataFrame,
) -> None:
    told = simulators.readings("rides", world)
    assert len(told["weather"]) == 3 * 4 * 96
    assert len(told["visitors"]) < 2 * 7 * 4 * 2
    assert not told["visitors"].duplicated(["zone_id", "timestamp"]).any()


def test_a_use_case_without_look_ups_is_told_nothing() -> None:
    assert simulators.readings("shop", pd.DataFrame()) == {}
