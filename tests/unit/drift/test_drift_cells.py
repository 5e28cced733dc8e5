"""What cells of files stand for: Arrow's types, texts that are numbers or times, slots of the week."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.drift import Column, capture
from headrace.drift.arrow import column_of, column_of_strings
from headrace.drift.cells import column_of_cells
from headrace.drift.season import slots
from headrace.errors import RejectedError
from pipelines.monitoring.counting import Seasons, count
from pipelines.monitoring.refusal import TableError

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
ARRAYS: list[tuple[Any, str, str, int]] = [
    (pa.array([1, None, 3]), "number", "Integral", 1),
    (pa.array([1.5, None, float("nan")]), "number", "Fractional", 2),
    (pa.array([True, False, None]), "number", "Integral", 1),
    (pa.array([Decimal("1.50"), None]), "number", "Fractional", 1),
    (pa.array([None, None]), "empty", "Unknown", 2),
    (pa.array(["a", None, "a"]), "text", "String", 1),
    (pa.array(["a", None, "a"], pa.large_string()), "text", "String", 1),
    (pa.array(["007", "008"]), "text", "String", 0),
    (pa.array(["a", "b", "a"]).dictionary_encode(), "text", "String", 0),
    (pa.array([NOON, None], pa.timestamp("ns", "Europe/Berlin")), "time", "Integral", 1),
    (pa.array([NOON.date()]), "time", "Integral", 0),
    (pa.array(["2026-01-05T12:00:00Z", None]), "time", "Integral", 1),
    (pa.array(["2026-01-05", "2026-01-06"]), "time", "Integral", 0),
    (pa.array(["2026-01-05T12:00:00Z", "later", "never"]), "text", "String", 0),
    (pa.array([dt.timedelta(seconds=3)]), "number", "Integral", 0),
    (pa.array([dt.time(12), None], pa.time32("s")), "number", "Integral", 1),
    (pa.array([[1, 2], None]), "text", "String", 1),
    (pa.array([b"\xff", b"a"]), "text", "String", 0),
]


@pytest.mark.parametrize(("array", "kind", "inferred", "missing"), ARRAYS)
def test_an_arrow_array_is_what_its_type_says(array: Any, kind: str, inferred: str, missing: int) -> None:
    found = column_of(array)
    assert (found.kind, found.inferred_type, found.missing, found.rows) == (kind, inferred, missing, len(array))


def test_times_of_any_kind_are_the_same_seconds() -> None:
    for array in (pa.array([NOON]), pa.array(["2026-01-05T13:00:00+01:00"]), pa.array(["2026-01-05 12:00:00"])):
        assert column_of(array).numbers.mean == NOON.timestamp()


def test_cells_of_a_file_of_texts_are_what_they_read_as() -> None:
    found = column_of_strings(pa.array(["1", "2.5", "inf", "nan", "yes", None, "True", "1_0", "2026-01-05"]))
    assert found.rows == 9
    assert found.missing == 2
    assert found.infinite == 1
    assert sorted(found.texts.named) == ["1_0", "yes"]
    assert found.moments == 1
    assert found.numbers.count == 4
    assert column_of_strings(pa.array(["1", " 2", "1e3"])).numbers.maximum == 1_000


def test_what_only_looks_like_a_time_is_text() -> None:
    assert column_of_cells({"2026-13-45": 2}, missing=0, numbers=True).kind == "text"
    assert column_of(pa.array(["2026-13-45"])).kind == "text"


@pytest.mark.parametrize(
    ("season", "expected"), [("hour_of_day", [12, 0, -1]), ("day_of_week", [0, 6, -1]), ("hour_of_week", [12, 144, -1])]
)
def test_slots_begin_on_monday(season: Any, expected: list[int]) -> None:
    monday, sunday = NOON.timestamp(), NOON.timestamp() + 5 * 86_400 + 12 * 3_600
    assert slots(np.array([monday, sunday, np.nan]), season).tolist() == expected
    times = np.array(["2026-01-05T12:59:59.9", "2026-01-11T00:00", "NaT"], dtype="datetime64[ms]")
    assert slots(times, season).tolist() == expected


@pytest.mark.parametrize(
    "times",
    [
        [NOON.timestamp(), NOON.timestamp() + 3_600],
        ["2026-01-05T12:00:00Z", "2026-01-05T13:00:00Z"],
        ["2026-01-05 12:00:00", "2026-01-05 13:00:00"],
        [NOON, NOON + dt.timedelta(hours=1)],
    ],
)
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_only_rows_of_the_wanted_hours_count(times: list[Any], suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"when": times, "a": [1, 2]})
    path = tmp_path / f"table.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    seasons = Seasons(time="when", season="hour_of_day")
    assert count(path, seasons=seasons).slots == {12, 13}
    assert count(path, seasons=seasons, wanted=frozenset({13})).summary.columns["a"].numbers.values.tolist() == [2]
    with pytest.raises(TableError, match="no row is of the current table's hours"):
        count(path, seasons=seasons, wanted=frozenset({3}))


def test_the_row_numbers_of_pandas_are_no_column(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2, 3]})[lambda it: it["a"] != 2].to_parquet(tmp_path / "table.parquet")
    assert "__index_level_0__" in pq.read_schema(tmp_path / "table.parquet").names
    assert count(tmp_path / "table.parquet").summary.columns.keys() == {"a"}


def test_nested_rows_become_columns_with_dotted_names(tmp_path: Path) -> None:
    rows = [{"a": {"b": 1, "c": {"d": "x"}}}, {"a": {"b": 2, "c": {"d": None}}}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "nested.parquet")
    (tmp_path / "nested.jsonl").write_text('{"a": {"b": 1, "c": {"d": "x"}}}\n{"a": {"b": 2, "c": {"d": null}}}\n')
    for name in ("nested.parquet", "nested.jsonl"):
        found = count(tmp_path / name).summary.columns
        assert found.keys() == {"a.b", "a.c.d"}
        assert found["a.c.d"].missing == 1


def test_lines_that_disagree_on_a_type_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"a": 1, "b": true}\n{"a": "x"}\n{"a": null, "b": "2026-01-05"}\n')
    found = count(path).summary.columns
    assert (found["a"].missing, found["a"].numbers.count, found["a"].texts.count) == (1, 1, 1)
    assert found["b"].missing == 1


def test_separators_are_seen_in_the_first_line(tmp_path: Path) -> None:
    for separator in ",;\t|":
        path = tmp_path / "table.csv"
        path.write_text(f"\ufeffa{separator}b\n1{separator}ü\n")
        assert count(path).summary.columns.keys() == {"a", "b"}


def test_numbers_too_large_for_a_double_are_infinite() -> None:
    found = Column.of_objects([10**400, -(10**400), 2**70, 1])
    assert (found.infinite, found.numbers.count) == (2, 2)


@pytest.mark.parametrize("line", [{"captureData": {"endpointInput": {"data": "a", "encoding": "PDF"}}}])
def test_a_capture_in_an_unknown_form_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(RejectedError):
        list(capture.rows(line))


def test_one_side_of_a_capture_is_enough() -> None:
    line = {"captureData": {"endpointOutput": {"data": "3", "encoding": "JSON"}}, "eventMetadata": {"eventId": "e"}}
    (row,) = capture.rows(line)
    assert (row.columns, row.inference_id, row.answers) == ({"_c0": 3}, "e", frozenset())
