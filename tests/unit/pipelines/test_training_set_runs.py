"""What one run after another computes: only what changed, where it stopped, and nothing half-written."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small_lake
from small_lake import DAY_S, FIRST, USECASE, event, label, order, rows, week

from headrace.usecase import Window
from pipelines.training_set import Built, Folder, build, code
from pipelines.training_set.objects import StoredObject


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    small_lake.put(tmp_path, week())
    return tmp_path


def run(lake: Path, **changed: Any) -> Built:
    return build(Folder(lake), order(**changed))


def files(lake: Path) -> dict[str, bytes]:
    return {it.relative_to(lake).as_posix(): it.read_bytes() for it in (lake / "training").rglob("*") if it.is_file()}


def days_of(built: Built) -> list[int]:
    return [int(date[-2:]) for date in built.computed]


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


def test_days_and_files_outside_the_order_go(lake: Path) -> None:
    run(lake, parts=2)
    built = run(lake, since=FIRST + 2)
    assert not list((lake / "training/set").glob("dt=2018-04-0[12]"))
    assert not list((lake / "training/set").rglob("part-1.*"))
    assert len(rows(lake)) == 30
    assert any(it.endswith("dt=2018-04-01/part-0.parquet") for it in built.removed)


def test_files_that_are_not_ours_stay(lake: Path) -> None:
    run(lake)
    note = lake / "training/set/README.txt"
    note.write_text("mine")
    run(lake, since=FIRST + 2)
    assert note.read_text() == "mine"


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


class Killed(Exception):
    """Stands for the end of a process."""


class Dying(Folder):
    """A folder whose process is killed while it writes: half of a file is there, under no name that anybody reads."""

    def __init__(self, root: Path, *, after: int) -> None:
        super().__init__(root)
        self.left = after

    def write(self, key: str, body: bytes) -> StoredObject:
        if not self.left:
            half = self.root / key
            half.parent.mkdir(parents=True, exist_ok=True)
            (half.parent / f".{half.name}-half").write_bytes(body[: len(body) // 2])
            raise Killed
        self.left -= 1
        return super().write(key, body)


@pytest.mark.parametrize("after", range(16))
def test_a_killed_run_goes_on_where_it_stopped(lake: Path, after: int) -> None:
    with pytest.raises(Killed):
        build(Dying(lake, after=after), order())
    assert not (lake / "training/set/manifest.json").exists()
    built = run(lake)
    finished = max(0, after - 1) // 2  # the index, then a file and its record per day
    assert len(built.computed) == 7 - finished
    assert len(rows(lake)) == 42
    assert built.manifest["dates"] == run(lake, name="unharmed").manifest["dates"]


def test_a_run_that_fails_leaves_the_manifest_of_the_last_good_one(lake: Path) -> None:
    good = run(lake).manifest
    small_lake.put(lake, [event(63, day=1)], name="more")
    with pytest.raises(Killed):
        build(Dying(lake, after=2), order())
    assert json.loads((lake / "training/set/manifest.json").read_text()) == good


def test_the_manifest_says_what_is_there_and_what_it_rests_on(lake: Path) -> None:
    manifest = run(lake, parts=2).manifest
    assert json.loads((lake / "training/set/manifest.json").read_text()) == manifest
    assert (manifest["usecase"], manifest["since"], manifest["until"]) == ("fraud", "2018-04-01", "2018-04-08")
    assert manifest["features"]["names"] == list(USECASE.feature_names)
    for date in manifest["dates"]:
        assert date["rows"] == sum(it["rows"] for it in date["files"]) == 6
        for it in date["files"]:
            body = (lake / "training/set" / it["file"]).read_bytes()
            assert (it["bytes"], it["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    third = manifest["dates"][2]["inputs"]
    assert third["events"]["objects"] == 3
    assert third["labels"]["objects"] == 3
    sizes = [it.stat().st_size for it in lake.glob("events/dt=2018-04-0[123]/*/*.parquet")]
    assert third["events"]["bytes"] == sum(sizes)


def test_a_run_tells_of_every_file(lake: Path) -> None:
    told: list[tuple[int, int, str]] = []
    build(Folder(lake), order(days=2), report=lambda *it: told.append(it))
    assert told == [(1, 2, "2018-04-01: 6 rows"), (2, 2, "2018-04-02: 6 rows")]


class Counting(Folder):
    """A folder that counts how often an event object is opened."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: list[str] = []

    def open(self, key: str) -> Any:
        self.opened.append(key)
        return super().open(key)


def test_an_object_is_looked_into_once_and_read_once(lake: Path) -> None:
    store = Counting(lake)
    build(store, order())
    events = [it for it in store.opened if it.startswith("events/")]
    assert {events.count(it) for it in events} == {2}
    store.opened.clear()
    build(store, order())
    assert not [it for it in store.opened if it.startswith(("events/", "labels/"))]


def test_an_index_of_another_version_is_made_again(lake: Path) -> None:
    run(lake)
    index = lake / "training/set/_index.json"
    index.write_text(json.dumps({"version": 0, "objects": "?"}))
    assert run(lake).computed == {}
    assert json.loads(index.read_text())["version"] == 1


def test_nothing_to_read_is_an_empty_set(tmp_path: Path) -> None:
    built = run(tmp_path, days=2)
    assert (built.manifest["rows"], len(built.manifest["dates"])) == (0, 2)
