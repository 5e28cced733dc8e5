"""A use case whose hours differ: without a season its weekends cry wolf, with one they are quiet and drift is seen."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import usecases
from headrace.drift import Summary, documents, seasonal, summarize
from headrace.drift.unrest import unrest
from headrace.errors import RejectedError, UseCaseError
from headrace.schema import format_timestamp
from headrace.usecase import Monitor
from pipelines.jobs import monitor
from pipelines.jobs.baseline import MOST_WINDOWS
from pipelines.jobs.monitor import Places
from pipelines.monitoring import baselines, shards
from pipelines.monitoring.counting import Seasons
from pipelines.monitoring.refusal import TableError

HOUR_S, PER_HOUR, WEEKS = 3_600, 250, 3
END = 1_533_254_400  # a Friday's midnight: the newest hours of the baseline are those of working days
HOURS = WEEKS * 168


def is_weekend(hour: int) -> bool:
    """Of an hour counted from the end of the baseline, which may be below zero."""
    return (4 + (hour // 24)) % 7 >= 5


def hour(number: int, factor: float = 1.0) -> dict[str, np.ndarray]:
    """One hour: on weekends amounts are three times as large, and shops are shut."""
    rng, weekend = np.random.default_rng(number + 10_000), is_weekend(number)
    return {
        "amount": factor * (3.0 if weekend else 1.0) * rng.lognormal(3, 0.5, PER_HOUR),
        "kind": rng.choice(["web", "shop"], PER_HOUR, p=[0.8, 0.2] if weekend else [0.5, 0.5]),
    }


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The baseline of three weeks, as the pipeline's job writes it."""
    root = tmp_path_factory.mktemp("seasonal")
    past = [hour(number) for number in range(-HOURS, 0)]
    columns = {name: np.concatenate([it[name] for it in past]) for name in past[0]}
    times = np.repeat(END + HOUR_S * np.arange(-HOURS, 0), PER_HOUR)
    whole = summarize(columns)
    found = seasonal.seasonal(columns, times, "hour_of_week", every_s=HOUR_S, most=MOST_WINDOWS)
    quiet = unrest(whole, [summarize(it) for it in past[-MOST_WINDOWS:]])
    for name, document in {
        documents.STATISTICS: documents.statistics(whole),
        documents.CONSTRAINTS: documents.constraints(whole),
        documents.NOISE: {"version": 1, "distances": dict(quiet)},
        seasonal.DOCUMENT: seasonal.document([found]),
    }.items():
        (root / "baseline").mkdir(exist_ok=True)
        (root / "baseline" / name).write_text(json.dumps(document))
    nothing = {name: root / name for name in ("evaluation", "truth", "model")}
    return Places(capture=root / "capture", baseline=root / "baseline", **nothing)


def captured(folder: Path, number: int, factor: float = 1.0) -> Path:
    """What the endpoint captured in one hour."""
    folder.mkdir(parents=True)
    lines, values = [], hour(number, factor)
    for place in range(PER_HOUR):
        asked = {name: it[place].item() for name, it in values.items()}
        sides = {"endpointInput": {"instances": [asked]}, "endpointOutput": {"predictions": [{"score": 0.5}]}}
        data = {name: {"data": json.dumps(it), "encoding": "JSON"} for name, it in sides.items()}
        at = format_timestamp(END + number * HOUR_S + place)
        about = {"inferenceId": f"{number}-{place}", "inferenceTime": at}
        lines.append(json.dumps({"captureData": data, "eventMetadata": about}))
    (folder / "part.jsonl").write_text("\n".join(lines))
    return folder


def drifted(places: Places, capture: Path, season: Any) -> tuple[str, ...]:
    usecase = replace(usecases.load("fraud"), monitor=Monitor(every="1h", lag="5m", season=season))
    run = monitor.monitor(usecase, replace(places, capture=capture), "data_quality")
    assert run.watched is not None
    return run.watched.findings.drifted


NEXT_WEEKEND = [*range(30, 72, 3)]


def test_every_weekend_hour_cries_wolf_without_a_season_and_none_with_it(places: Places, tmp_path: Path) -> None:
    assert all(is_weekend(it) for it in NEXT_WEEKEND)
    hours = [captured(tmp_path / str(it), it) for it in NEXT_WEEKEND]
    assert [bool(drifted(places, it, None)) for it in hours] == [True] * len(hours)
    assert [drifted(places, it, "hour_of_week") for it in hours] == [()] * len(hours)


def test_a_weekend_that_is_dearer_than_weekends_are_is_named(places: Places, tmp_path: Path) -> None:
    assert drifted(places, captured(tmp_path / "dearer", 40, factor=1.5), "hour_of_week") == ("amount",)


def test_a_working_day_that_looks_like_a_weekend_is_a_drift(places: Places, tmp_path: Path) -> None:
    assert drifted(places, captured(tmp_path / "tuesday", 100, factor=1.8), "hour_of_week") == ("amount",)


def test_several_machines_know_which_hours_they_counted(places: Places, tmp_path: Path) -> None:
    seasons = Seasons(season="hour_of_week")
    for host, number in (("algo-1", 40), ("algo-2", 41)):
        shards.leave(shards.share(captured(tmp_path / host, number), seasons), tmp_path / "parts", host)
    assert shards.gathered(tmp_path / "parts").slots == {4 * 24 + 40, 4 * 24 + 41}
    assert drifted(places, tmp_path / "parts", "hour_of_week") == ()


def test_a_model_that_was_trained_without_the_season_is_held_against_all_hours(
    places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = captured(tmp_path / "saturday", 40)
    assert drifted(places, capture, "hour_of_day") != ()
    assert "trained before its monitor had the season hour_of_day" in capsys.readouterr().out


def test_hours_that_the_baseline_never_saw_are_refused(places: Places, tmp_path: Path) -> None:
    written = json.loads((places.baseline / seasonal.DOCUMENT).read_text())
    written["parts"][0]["slots"].pop(str(4 * 24 + 40))
    for name in (documents.STATISTICS, documents.CONSTRAINTS):
        (tmp_path / name).write_text((places.baseline / name).read_text())
    (tmp_path / seasonal.DOCUMENT).write_text(json.dumps(written))
    with pytest.raises(TableError, match="no row is of the current table's hours"):
        drifted(replace(places, baseline=tmp_path), captured(tmp_path / "hour", 40), "hour_of_week")


@pytest.mark.parametrize(
    "written", [{}, {"version": 1, "season": "day_of_week"}, {"version": 2, "season": "hour_of_week"}]
)
def test_a_baseline_of_another_season_is_none_of_this(written: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match="no baseline by hour_of_week"):
        seasonal.read(written, "hour_of_week", [3])
    (tmp_path / documents.STATISTICS).write_text("{}")
    (tmp_path / seasonal.DOCUMENT).write_text(json.dumps(written))
    assert not baselines.tells(tmp_path, "hour_of_week")


def test_slots_that_are_damaged_are_refused() -> None:
    written = {"version": 1, "season": "hour_of_week", "parts": [{"slots": {"3": "no"}, "distances": {}}]}
    with pytest.raises(RejectedError):
        seasonal.read(written, "hour_of_week", [3])


def test_the_noise_of_a_window_is_its_distance_from_the_others_of_its_slots() -> None:
    """Two weeks of one slot a day: a window is half of its slot, so the distance from the whole is half of this."""
    times = np.repeat(np.arange(14) * 86_400, 500)
    values = np.where(times < 7 * 86_400, 0.0, 1.0)
    found = seasonal.seasonal({"x": values}, times, "day_of_week", every_s=86_400, most=60)
    assert found.noise == {"x": pytest.approx(1.0)}
    assert found.of([0]).rows == 1_000
    assert found.of([]).rows == Summary().rows


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"season": "moon"}, "unknown"),
        ({"season": "hour_of_day"}, "all in one window of 1d"),
        ({"season": "hour_of_week", "every": "7d"}, "all in one window of 7d"),
        ({"season": "day_of_week", "engine": "model_monitor"}, "unknown to Model Monitor"),
    ],
)
def test_a_season_that_cannot_be_is_refused_when_the_use_case_is_read(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(UseCaseError, match=why):
        Monitor(**wrong)
