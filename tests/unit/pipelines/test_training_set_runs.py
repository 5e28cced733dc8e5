"""What one run after another computes: only the days that changed, and those that another order adds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small_lake
from small_lake import DAY_S, FIRST, USECASE, event, label, rows
from small_lake_runs import days_of, files, run

from headrace.usecase import Window
from pipelines.training_set import code


def test_the_first_run_computes_every_day_because_it_is_new(lake: Path) -> None:
    built = run(lake)
    assert days_of(built) == [1, 2, 3, 4, 5, 6, 7]
    assert set(map(tuple, built.computed.values())) == {("it is new",)}


def test_a_second_run_computes_nothing_and_changes_no_byte(lake: Path) -> None:
    first, before = run(lake), files(lake)
    again = run(lake)
    assert again.computed == {}
    assert again.manifest == first.manifest
    assert files(lake) == before
    assert again.summary()["kept"] == 7


def test_a_late_event_changes_its_day_and_those_whose_windows_reach_it(lake: Path) -> None:
    run(lake)
    late = event(60, day=2)
    small_lake.put(lake, [late], [label(late)], arrived={late["event_id"]: late["timestamp"] + 2 * DAY_S}, name="late")
    built = run(lake)
    assert days_of(built) == [3, 4, 5, 6]
    assert built.computed["2018-04-04"] == ["events of 2018-04-03 changed", "labels of 2018-04-03 changed"]
    assert built.computed["2018-04-06"] == ["labels of 2018-04-03 changed"]


def test_a_late_label_changes_its_day_and_those_whose_label_windows_reach_it(lake: Path) -> None:
    run(lake)
    corrected = label(event(12, day=2), after=3 * DAY_S, fraud=1)
    small_lake.put_labels(lake, [corrected], name="correction")
    built = run(lake)
    assert days_of(built) == [3, 4, 5, 6]
    assert set(map(tuple, built.computed.values())) == {("labels of 2018-04-03 changed",)}
    assert rows(lake).loc["e012", "label"] == 1


@pytest.mark.parametrize("engine_runs", [1, 2])
def test_after_changes_a_set_is_what_it_would_be_if_built_at_once(lake: Path, engine_runs: int) -> None:
    for _ in range(engine_runs):
        run(lake)
    late = event(61, day=4)
    small_lake.put(lake, [late], arrived={late["event_id"]: late["timestamp"] + DAY_S}, name="late")
    assert run(lake).manifest["dates"] == run(lake, name="at-once").manifest["dates"]


def test_another_feature_changes_every_day(lake: Path) -> None:
    run(lake)
    more = (*USECASE.windows, Window(entity="terminal", function="count", lengths=("1d",)))
    built = run(lake, usecase=replace(USECASE, windows=more))
    assert set(map(tuple, built.computed.values())) == {("the features changed",)}
    assert len(built.computed) == 7


def test_other_code_changes_every_day(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(lake)
    monkeypatch.setattr(code, "version", lambda: "another")
    built = run(lake)
    assert set(map(tuple, built.computed.values())) == {("the code changed",)}
    assert built.manifest["code"] == "another"


def test_what_does_not_decide_a_row_changes_nothing(lake: Path) -> None:
    run(lake)
    described = replace(USECASE, description="Other words", serving=replace(USECASE.serving, capture_percent=1))
    assert run(lake, usecase=described).computed == {}


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
def test_a_file_that_is_gone_or_was_tampered_with_is_written_again(lake: Path, damage: Any) -> None:
    run(lake)
    damage(lake / "training/set/dt=2018-04-03/part-0.parquet")
    built = run(lake)
    assert built.computed == {"2018-04-03": ["its file is not as it was written"]}
    assert len(rows(lake)) == 42


def test_a_later_cut_off_computes_only_days_whose_labels_it_adds(lake: Path) -> None:
    run(lake, labels_until=(FIRST + 4) * DAY_S)
    built = run(lake, labels_until=(FIRST + 5) * DAY_S)
    assert days_of(built) == [4, 5, 6, 7]  # labels of day 4 came on day 5; windows look at them for three days
    assert built.manifest["rows"] == 24


def test_a_cut_off_within_a_day_counts_to_the_second(lake: Path) -> None:
    noon = (FIRST + 3) * DAY_S + DAY_S // 2
    assert run(lake, labels_until=noon + 15).manifest["rows"] == 12 + 3
    assert run(lake, labels_until=noon + 16).manifest["rows"] == 12 + 4


def test_a_day_without_labelled_events_has_no_file(lake: Path) -> None:
    built = run(lake, days=9)
    empty = built.manifest["dates"][-1]
    assert (empty["date"], empty["rows"], empty["files"]) == ("2018-04-09", 0, [])
    assert not (lake / "training/set/dt=2018-04-09").exists()
    assert run(lake, days=9).computed == {}


def test_a_day_that_lost_its_events_loses_its_file(lake: Path) -> None:
    run(lake)
    for path in (lake / "events/dt=2018-04-07").rglob("*.parquet"):
        path.unlink()
    run(lake)
    assert not (lake / "training/set/dt=2018-04-07").exists()
