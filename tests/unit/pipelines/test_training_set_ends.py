"""What a run leaves: nothing half-written where it was killed, and a manifest that says what is there."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import small_lake
from small_lake import FIRST, USECASE, event, order, rows
from small_lake_runs import run

from pipelines.training_set import Folder, build
from pipelines.training_set.objects import StoredObject


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
