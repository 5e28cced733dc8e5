"""Files of readings fill files of events as the platform would have."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

import simulators
import usecases
from cli.features import Options, features
from cli.lookup_file import filled
from headrace.errors import UseCaseError

FILLED = ["temperature", "rain_mm", "visitors_nearby"]
RIDES = usecases.load("rides")


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    return simulators.load("rides")(start=1_767_225_600, days=2, per_day=300, seed=4)


@pytest.fixture(scope="module")
def given(world: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("readings")
    readings = simulators.readings("rides", world)
    readings["weather"].to_csv(folder / "weather.csv", index=False)
    text = readings["visitors"].to_json(orient="records", lines=True)
    (folder / "visitors.jsonl").write_text(text)
    return [f"weather={folder / 'weather.csv'}", f"visitors={folder / 'visitors.jsonl'}"]


def test_features_of_events_without_looked_up_fields_are_those_of_events_with_them(
    world: pd.DataFrame, given: list[str], tmp_path: Path
) -> None:
    def computed(events: pd.DataFrame, name: str, *lookups: str) -> pd.DataFrame:
        file, out = tmp_path / f"{name}.csv", tmp_path / f"{name}.parquet"
        events.to_csv(file, index=False)
        options = {"files": [file], "usecase": "rides", "columns": {}, "labels": [], "since": None, "until": None}
        features(Options(**options, out=out, lookups=lookups), Console(file=io.StringIO()))
        return pd.read_parquet(out)

    whole = computed(world, "whole")
    pd.testing.assert_frame_equal(computed(world.drop(columns=FILLED), "bare", *given), whole, check_dtype=False)
    assert whole["temperature"].notna().all()


def test_several_files_of_one_look_up_count_together(world: pd.DataFrame, given: list[str], tmp_path: Path) -> None:
    bare = world.drop(columns=FILLED)
    correction = tmp_path / "late.jsonl"
    first = bare.iloc[[0]]
    row = {"city_id": first["city_id"].iloc[0], "timestamp": int(first["timestamp"].iloc[0]) - 300}
    correction.write_text(json.dumps({**row, "temperature": 59.0, "given_at": 1_767_300_000}))
    found = filled(RIDES, bare, [*given, f"weather={correction}"])
    assert found["temperature"].iloc[0] == 59.0
    assert found["rain_mm"].iloc[0] == world["rain_mm"].iloc[0]


@pytest.mark.parametrize(
    ("usecase", "text", "problem"),
    [
        ("rides", "weather.csv", "is not NAME=FILE"),
        ("rides", "wether=a.csv", "use one of weather, visitors"),
        ("fraud", "weather=a.csv", "leave --lookup out"),
        ("rides", "weather=nowhere.csv", "there is no such file"),
    ],
)
def test_a_wrong_option_is_refused_with_the_fix(usecase: str, text: str, problem: str) -> None:
    with pytest.raises(UseCaseError, match=problem):
        filled(usecases.load(usecase), pd.DataFrame({"timestamp": [1]}), [text])
