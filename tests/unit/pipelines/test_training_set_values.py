"""What a training set built from a lake holds: each event once, its features, and the truth as it was known in time."""

from collections.abc import Iterator
from pathlib import Path

import lake_files
import numpy as np
import pandas as pd
import pytest
import small_lake
from small_lake import DAY_S, FIRST, USECASE, event, label, order, rows, week

from headrace.windows_columnar import training_frame
from pipelines.training_set import Folder, build
from pipelines.training_set.objects import StoredObject


def test_rows_are_the_training_frame_of_all_events_with_their_labels(tmp_path: Path) -> None:
    small_lake.put(tmp_path, week())
    built = build(Folder(tmp_path), order())
    events = pd.DataFrame(week())
    whole = training_frame(USECASE, events, pd.DataFrame([label(it) for it in week()])).set_index("event_id")
    found = rows(tmp_path)
    pd.testing.assert_frame_equal(found.drop(columns="label"), whole, check_exact=True)
    assert found["label"].tolist() == [int(number % 4 == 0) for number in range(42)]
    assert (built.manifest["rows"], built.manifest["positives"]) == (42, 11)


@pytest.mark.parametrize("days", [1, 3, 20])
def test_how_many_days_are_computed_at_a_time_changes_no_byte(tmp_path: Path, days: int) -> None:
    small_lake.put(tmp_path, week())
    dates = [build(Folder(tmp_path), order(name=f"s{it}", longest_stretch=it)).manifest["dates"] for it in (days, None)]
    assert dates[0] == dates[1]


def test_a_part_of_the_history_has_the_values_of_the_whole(tmp_path: Path) -> None:
    small_lake.put(tmp_path, week())
    build(Folder(tmp_path), order())
    build(Folder(tmp_path), order(days=6, name="later", since=FIRST + 4))
    later = rows(tmp_path, "later")
    assert len(later) == 12
    pd.testing.assert_frame_equal(later, rows(tmp_path).loc[later.index], check_exact=True)


def test_a_record_that_was_delivered_twice_counts_once(tmp_path: Path) -> None:
    small_lake.put(tmp_path, week())
    build(Folder(tmp_path), order(name="once"))
    small_lake.put(tmp_path, week()[:9], [], name="again")
    build(Folder(tmp_path), order(name="twice"))
    pd.testing.assert_frame_equal(rows(tmp_path, "twice"), rows(tmp_path, "once"))


def test_a_backfill_that_ran_twice_counts_once(tmp_path: Path) -> None:
    small_lake.put(tmp_path, week(), shard="backfill", name="backfill")
    build(Folder(tmp_path), order(name="once"))
    small_lake.put(tmp_path, week()[5:20], [], shard="backfill", name="resumed", first=700)
    build(Folder(tmp_path), order(name="twice"))
    pd.testing.assert_frame_equal(rows(tmp_path, "twice"), rows(tmp_path, "once"))


def test_a_copy_that_a_producer_sent_counts_in_windows_unless_the_use_case_drops_copies(tmp_path: Path) -> None:
    first, copy, last = event(0), event(0, timestamp=event(3)["timestamp"]), event(6)
    small_lake.put(tmp_path, [first, copy, last], [label(first), label(last)])
    build(Folder(tmp_path), order(name="counted"))
    build(Folder(tmp_path), order(name="dropped", usecase=small_lake.use_case(drop_duplicates=True)))
    assert rows(tmp_path, "counted").loc["e006", "customer_count_1d"] == 3
    assert rows(tmp_path, "dropped").loc["e006", "customer_count_1d"] == 2
    assert rows(tmp_path, "counted").index.tolist() == ["e000", "e006"]


def test_a_copy_is_dropped_across_midnight_and_is_an_event_of_its_own_days_later(tmp_path: Path) -> None:
    first = event(0, timestamp=(FIRST + 1) * DAY_S - 5)
    events = [
        first,
        {**first, "timestamp": first["timestamp"] + 10},
        {**first, "timestamp": first["timestamp"] + 3 * DAY_S},
    ]
    small_lake.put(tmp_path, events)
    build(Folder(tmp_path), order(usecase=small_lake.use_case(drop_duplicates=True), longest_stretch=1))
    assert (rows(tmp_path)["timestamp"] // DAY_S).tolist() == [FIRST, FIRST + 3]


def test_an_event_that_arrived_days_late_is_found_as_far_as_the_order_says(tmp_path: Path) -> None:
    late = event(50, day=6)
    small_lake.put(tmp_path, [*week(), late], arrived={late["event_id"]: late["timestamp"] + 3 * DAY_S})
    build(Folder(tmp_path), order(name="patient", late_days=3))
    build(Folder(tmp_path), order(name="hasty", late_days=2))
    assert "e050" in rows(tmp_path, "patient").index
    assert "e050" not in rows(tmp_path, "hasty").index


def test_an_event_may_be_ahead_of_its_arrival(tmp_path: Path) -> None:
    early = event(0, timestamp=FIRST * DAY_S + 60)
    small_lake.put(tmp_path, [early], arrived={early["event_id"]: FIRST * DAY_S - 60})
    build(Folder(tmp_path), order())
    assert rows(tmp_path).index.tolist() == ["e000"]


class Watched(Folder):
    """A folder that remembers what was looked at."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.listed: set[str] = set()

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        self.listed.add(prefix)
        return super().objects(prefix)


def test_only_partitions_within_the_windows_reach_are_looked_at(tmp_path: Path) -> None:
    small_lake.put(tmp_path, week())
    lake = Watched(tmp_path)
    build(lake, order(days=6, since=FIRST + 5, late_days=1, labels_until=(FIRST + 7) * DAY_S))
    assert {it for it in lake.listed if it.startswith("events/")} == {
        f"events/dt=2018-04-0{day}/" for day in (2, 3, 4, 5, 6, 7)
    }
    assert min(it for it in lake.listed if it.startswith("labels/")) == "labels/dt=2018-04-02/"
    assert max(it for it in lake.listed if it.startswith("labels/")) == "labels/dt=2018-04-07/"


def test_a_label_counts_once_the_platform_knew_it_and_a_correction_wins_by_when_it_was_given(tmp_path: Path) -> None:
    events = [event(number) for number in range(4)]
    noon = events[0]["timestamp"]
    labels = [
        label(events[0], fraud=0, arrived_at=noon + 2 * DAY_S),
        label(events[0], after=DAY_S + 9, fraud=1, arrived_at=noon + 3 * DAY_S),
        label(events[1], after=DAY_S + 9, fraud=1, arrived_at=noon + 2 * DAY_S),
        label(events[1], fraud=0, arrived_at=noon + 3 * DAY_S),
        label(events[2], fraud=1, arrived_at=noon + 5 * DAY_S),
    ]
    small_lake.put(tmp_path, events, labels)
    truths = {}
    for name, days in (("d2", 2), ("d3", 3), ("d4", 4), ("d6", 6)):
        cut = noon + days * DAY_S
        build(Folder(tmp_path), order(name=name, labels_until=cut))
        found = rows(tmp_path, name)["label"] if list((tmp_path / "training" / name).rglob("*.parquet")) else {}
        truths[name] = dict(found)
    assert truths == {
        "d2": {},
        "d3": {"e000": 0, "e001": 1},
        "d4": {"e000": 1, "e001": 1},
        "d6": {"e000": 1, "e001": 1, "e002": 1},
    }


def test_a_label_window_sees_no_label_before_it_arrived(tmp_path: Path) -> None:
    first, prompt, later = event(0), event(2, day=1), event(4, day=2)
    truth = label(first, after=DAY_S // 2, fraud=1, arrived_at=first["timestamp"] + DAY_S + DAY_S // 2)
    small_lake.put(tmp_path, [first, prompt, later], [truth, label(prompt), label(later)])
    build(Folder(tmp_path), order())
    found = rows(tmp_path)["frauds_2d"]
    assert (found["e002"], found["e004"]) == (0, 1)


def test_a_correction_that_came_before_what_it_corrects_stays(tmp_path: Path) -> None:
    first, seen = event(0), event(2, day=2)
    noon = first["timestamp"]
    labels = [
        label(first, after=DAY_S + 60, fraud=1, arrived_at=noon + DAY_S + 100),
        label(first, after=DAY_S, fraud=0, arrived_at=noon + DAY_S + 200),
        label(seen),
    ]
    small_lake.put(tmp_path, [first, seen], labels)
    build(Folder(tmp_path), order())
    assert rows(tmp_path)["frauds_2d"]["e002"] == 1


def test_labels_of_a_backfill_are_known_when_they_were_given(tmp_path: Path) -> None:
    first, seen = event(0), event(2, day=2)
    small_lake.put(tmp_path, [first, seen], [])
    truths = [label(first, fraud=1), label(seen, fraud=0)]
    written = order().labels_until - 1
    lake_files.put_labels(tmp_path, [{**it, "arrived_at": written} for it in truths], shard="backfill")
    build(Folder(tmp_path), order())
    assert rows(tmp_path)["frauds_2d"]["e002"] == 1


def test_a_label_of_an_unknown_event_adds_no_row(tmp_path: Path) -> None:
    small_lake.put(tmp_path, [event(0)], [label(event(0)), label(event(77))])
    assert build(Folder(tmp_path), order()).manifest["rows"] == 1


def test_rows_are_ordered_and_typed_for_the_pipeline(tmp_path: Path) -> None:
    small_lake.put(tmp_path, list(reversed(week())))
    build(Folder(tmp_path), order())
    found = rows(tmp_path).reset_index()
    assert found["timestamp"].is_monotonic_increasing
    assert list(found) == ["event_id", "timestamp", "customer_id", "terminal_id", *USECASE.feature_names, "label"]
    assert found["label"].dtype == np.int8
    assert set(found[list(USECASE.feature_names)].dtypes) == {np.dtype("float64")}
