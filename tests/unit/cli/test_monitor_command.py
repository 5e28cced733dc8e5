"""``headrace monitor``: exit codes, formats, the files that it leaves, and the memory that it takes."""

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from monitored_tables import ROWS, monitor, table, written

from pipelines.monitoring.counting import count


@pytest.mark.parametrize(
    "name", ["now.parquet", "now.csv", "now.csv.gz", "now.jsonl", "now.jsonl.gz", "days/1/now.csv"]
)
def test_an_unchanged_table_of_any_format_is_clean(normal: Path, tmp_path: Path, name: str) -> None:
    current = written(table(2), tmp_path / "current" / name)
    done = monitor(normal, current if "days" not in name else tmp_path / "current", tmp_path / "out", "--json")
    summary = json.loads(done.stdout)
    assert summary["violations"] == []
    assert done.exit_code == 0
    assert (summary["clean"], summary["current_rows"], summary["columns"]) == (True, ROWS, 6)


def test_violations_end_with_3_and_are_in_the_files_and_on_the_page(normal: Path, tmp_path: Path) -> None:
    current = table(2, factor=1.5)
    current.loc[::7, "channel"] = "crypto"
    done = monitor(normal, written(current, tmp_path / "now.csv"), tmp_path / "out")
    assert done.exit_code == 3
    document = json.loads((tmp_path / "out" / "constraint_violations.json").read_text())
    assert [(it["feature_name"], it["constraint_check_type"]) for it in document["violations"]] == [
        ("amount", "baseline_drift_check"),
        ("channel", "categorical_values_check"),
        ("channel", "baseline_drift_check"),
    ]
    assert "amount" in done.stderr
    statistics = json.loads((tmp_path / "out" / "statistics.json").read_text())
    assert statistics["dataset"]["item_count"] == ROWS
    assert json.loads((tmp_path / "out" / "constraints.json").read_text())["features"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "2 of 6 columns changed: amount, channel" in page
    assert "&lt;b&gt;ü&lt;/b&gt;" in page
    assert "<b>ü" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_documents_of_a_run_are_a_baseline_themselves(normal: Path, tmp_path: Path) -> None:
    assert monitor(normal, written(table(2), tmp_path / "b.csv"), tmp_path / "first").exit_code == 0
    shifted = written(table(3, factor=1.3), tmp_path / "c.csv")
    for place in (tmp_path / "first", tmp_path / "first" / "statistics.json", tmp_path / "first" / "constraints.json"):
        assert monitor(place, shifted, tmp_path / "second").exit_code == 3
        assert monitor(place, written(table(4), tmp_path / "d.parquet"), tmp_path / "second").exit_code == 0
    native = monitor(tmp_path / "first", shifted, tmp_path / "third", "--thresholds", "baseline", "--json")
    assert json.loads(native.stdout)["drifted"] == [], "Model Monitor's own thresholds miss a change of 30 %"


def captured(frame: pd.DataFrame, encoding: str) -> list[dict[str, Any]]:
    lines = []
    for place, row in enumerate(frame.to_dict("records")):
        if encoding == "JSON":
            asked, answered = (
                json.dumps({"instances": [row]}),
                json.dumps({"predictions": [{"score": 0.1, "decision": "OK"}]}),
            )
        else:
            asked, answered = ",".join("" if it is None else str(it) for it in row.values()), "0.1"
        lines.append(
            {
                "captureData": {
                    "endpointInput": {"mode": "INPUT", "data": asked, "encoding": encoding},
                    "endpointOutput": {"mode": "OUTPUT", "data": answered, "encoding": encoding},
                },
                "eventMetadata": {"eventId": str(place), "inferenceTime": "2026-01-01T00:00:00Z"},
                "eventVersion": "0",
            }
        )  # fmt: skip
    return lines


@pytest.mark.parametrize("encoding", ["JSON", "CSV"])
def test_data_capture_is_held_against_a_baseline_of_features(tmp_path: Path, encoding: str) -> None:
    features = [table(it)[["amount", "weekend"]].astype(float) for it in (1, 2)]
    normal = written(features[0], tmp_path / "normal.parquet")
    place = tmp_path / "capture" / "endpoint" / "AllTraffic" / "2026" / "01" / "01" / "00" / "x.jsonl"
    place.parent.mkdir(parents=True)
    place.write_text("\n".join(map(json.dumps, captured(features[1], encoding))))
    summary = json.loads(monitor(normal, tmp_path / "capture", tmp_path / "out", "--json").stdout)
    assert summary["violations"] == []
    assert summary["current_rows"] == ROWS


def test_lines_that_cannot_be_read_are_counted_and_the_others_judged(normal: Path, tmp_path: Path) -> None:
    path = written(table(2), tmp_path / "now.jsonl")
    with path.open("ab") as stream:
        stream.write(b'{"amount": \n[1, 2]\n\xff\xfe\n\n')
    done = monitor(normal, path, tmp_path / "out", "--json")
    assert json.loads(done.stdout)["unreadable_lines"] == 3
    assert done.exit_code == 0


def test_the_same_hours_are_compared_when_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    times = pd.date_range("2026-01-05", periods=28 * 24 * 40, freq="90s")
    sleepy = np.where(times.hour < 6, 1.0, 3.0)
    frame = pd.DataFrame({"when": times, "load": rng.gamma(4, sleepy)})
    normal = written(frame[:-10_000], tmp_path / "weeks.parquet")
    night = frame[-10_000:][lambda it: it["when"].dt.hour < 6]
    current = written(night, tmp_path / "night.csv")
    assert monitor(normal, current, tmp_path / "out").exit_code == 3
    season = ("--season", "hour-of-day", "--time", "when")
    assert monitor(normal, current, tmp_path / "out", *season).exit_code == 0
    assert monitor(normal, written(night, tmp_path / "night.jsonl"), tmp_path / "out", *season).exit_code == 0


def test_drift_over_time_shows_the_window_in_which_it_began(normal: Path, tmp_path: Path) -> None:
    current = table(2)
    late = current["timestamp"] >= "2026-01-09"
    current.loc[late, "amount"] *= 2
    path = written(current, tmp_path / "now.csv")
    done = monitor(normal, path, tmp_path / "out", "--every", "1d", "--time", "timestamp", "--ignore", "event_id")
    assert done.exit_code == 3
    windows = json.loads((tmp_path / "out" / "drift_over_time.json").read_text())["windows"]
    assert [it["start"][:10] for it in windows] == [f"2026-01-{day:02}" for day in range(5, 12)]
    assert [it["drifted"] for it in windows] == [[]] * 4 + [["amount"]] * 3
    assert sum(it["rows"] for it in windows) == ROWS
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<h2>Over time</h2>" in page
    assert "2026-01-09T00:00:00Z amount: 0." in page


def test_what_moves_when_all_is_quiet_needs_to_move_further(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    days = pd.date_range("2026-01-05", periods=29, freq="D").repeat(600)
    frame = pd.DataFrame({"when": days, "mood": rng.normal(size=len(days)) + 0.4 * (days.day % 2)})
    normal = written(frame[: 28 * 600], tmp_path / "days.parquet")
    today = written(frame[28 * 600 :], tmp_path / "today.parquet")
    assert monitor(normal, today, tmp_path / "out", "--ignore", "when").exit_code == 3
    assert monitor(normal, today, tmp_path / "out", "--quiet", "1d", "--time", "when").exit_code == 0
    worse = written(frame[28 * 600 :].assign(mood=lambda it: it["mood"] + 1), tmp_path / "worse.parquet")
    assert monitor(normal, worse, tmp_path / "out", "--quiet", "1d", "--time", "when").exit_code == 3
    done = monitor(tmp_path / "out", today, tmp_path / "next", "--quiet", "1d", "--time", "when")
    assert "does not tell hours apart" in " ".join(done.stderr.split())


def test_ignored_columns_and_ids_of_the_use_case_are_left_out(normal: Path, tmp_path: Path) -> None:
    current = table(2, factor=2.0).drop(columns="event_id")
    path = written(current, tmp_path / "now.parquet")
    assert monitor(normal, path, tmp_path / "out", "--ignore", "amount").exit_code == 3, "event_id is missing"
    assert monitor(normal, path, tmp_path / "out", "--ignore", "amount", "--usecase", "fraud").exit_code == 0


def test_a_large_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv.gz"
    rng = np.random.default_rng(1)
    block = pd.DataFrame({f"f{it}": rng.normal(size=20_000) for it in range(5)})
    head, _, rows = block.to_csv(index=False).partition("\n")
    with gzip.open(path, "wt", compresslevel=1) as stream:
        stream.write(head + "\n")
        for _ in range(20):
            stream.write(rows)
    before = pa.default_memory_pool().max_memory()
    tracemalloc.start()
    summary = count(path).summary
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert summary.rows == 400_000
    assert peak < 30e6
    assert pa.default_memory_pool().max_memory() - before < 150e6
