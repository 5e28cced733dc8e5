"""The detection table must count alarms alike for whoever gives them, and its streams must drift where they say."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench import detection, drift_world
from bench.detection_streams import ONSET, REFERENCE, STREAMS, WINDOW, WINDOWS, write

DRIFTING = STREAMS[0]
QUIET = STREAMS[-1]


def test_a_drift_is_seen_when_its_column_is_named_after_the_onset() -> None:
    runs = [[(ONSET, "amount"), (ONSET + 1, "country"), (ONSET + 9, "amount"), (ONSET + 99, "amount")], []]
    found = detection.judged(DRIFTING, "m", runs)
    assert (found.delays, found.missed) == ((9,), 1)
    assert found.typical_delay == (9 + WINDOW * WINDOWS - ONSET) / 2


def test_a_window_is_a_false_alarm_once_however_often_unchanged_columns_are_named_in_it() -> None:
    runs = [[(1, "amount"), (WINDOW, "country"), (WINDOW + 1, "country"), (ONSET + 1, "amount")]]
    assert detection.judged(DRIFTING, "m", runs).false_windows == 2
    assert detection.judged(QUIET, "m", runs).false_windows == 3
    assert detection.judged(QUIET, "m", runs).missed == 0


def test_the_table_says_what_was_not_seen() -> None:
    scores = [detection.judged(it, "m", [[(ONSET + 7, str(it.column))], []]) for it in STREAMS]
    scores += [detection.judged(it, "other", [[], []]) for it in STREAMS]
    assert "| mean +10 %, abrupt | 7 (1 of 2) | not seen |" in detection.table(scores)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda it: it.name)
def test_a_stream_changes_in_its_column_and_after_its_onset(stream: detection.Stream, tmp_path: Path) -> None:
    write(tmp_path / "s", stream, seed=1)
    reference, rows = (pq.read_table(tmp_path / "s" / f"{it}.parquet").to_pandas() for it in ("reference", "stream"))
    assert (len(reference), len(rows)) == (REFERENCE, WINDOW * WINDOWS)
    before, after = rows[:ONSET], rows[-4 * WINDOW :]
    assert after["amount"].mean() / before["amount"].mean() == pytest.approx(1 + stream.growth, abs=0.04)
    assert after["balance"].std() / before["balance"].std() == pytest.approx(1 + stream.spread, abs=0.03)
    assert (~before["country"].isin(reference["country"])).sum() == 0
    assert (~after["country"].isin(reference["country"])).mean() == pytest.approx(stream.unknown, abs=0.01)


def test_a_longer_table_begins_with_the_shorter_one(tmp_path: Path) -> None:
    chunk = drift_world.CHUNK
    for name, rows in (("short", 10), ("long", chunk + 10)):
        drift_world.write(tmp_path / name, rows, seed=3)
    drift_world.write(tmp_path / "drifted", chunk + 10, seed=3, drifted=True)
    long, drifted = (pq.read_table(tmp_path / it).to_pandas() for it in ("long", "drifted"))
    assert len(long) == chunk + 10
    assert len(long.columns) == 15
    assert [it for it in long if not long[it].equals(drifted[it])] == [drift_world.DRIFTED]
    assert not np.array_equal(long["score"][:10], long["score"][chunk : chunk + 10])
