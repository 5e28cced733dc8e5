"""Distances run by run in the deployed monitor's report: none, one or thirty earlier, damaged ones left out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from monitored_places import arguments, documents

from headrace.monitoring import MOST_EARLIER
from headrace.schema import format_timestamp
from pipelines.jobs import monitor
from pipelines.monitoring import history
from pipelines.monitoring.trend import Point, trend

DAY, START = 86_400, 1_767_225_600
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/headrace-fraud-dev/"


def ran(day: int, *, version: int = 1, **distances: float) -> dict[str, Any]:
    """``run.json`` of the window that ends so many days after the start."""
    return {
        "version": 1,
        "window_end": format_timestamp(START + day * DAY),
        "model_package_arn": f"{ARN}{version}",
        "columns": {name: {"distance": it, "threshold": 0.1} for name, it in distances.items()},
    }


def kept(folder: Path, *runs: dict[str, Any] | str) -> Path:
    """A folder as the job gets it: each document below the hours of its window."""
    for number, it in enumerate(runs):
        place = folder / f"monitoring/e/e-data-quality/2026/01/{number + 1:02}/00"
        place.mkdir(parents=True)
        (place / "run.json").write_text(it if isinstance(it, str) else json.dumps(it))
    return folder


def circles(html: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', html)]


def test_without_an_earlier_run_the_report_says_when_pictures_begin(tmp_path: Path) -> None:
    html = history.section(history.read(tmp_path / "nowhere"), ran(1, amount=0.05))
    assert "There is no earlier run to show" in html
    assert "<svg" not in html


def test_one_earlier_run_is_two_points_for_each_column(tmp_path: Path) -> None:
    known = history.read(kept(tmp_path, ran(1, amount=0.05, hour=0.2)))
    html = history.section(known, ran(2, amount=0.3, hour=0.01))
    assert html.count("<svg") == 2
    assert len(circles(html)) == 4
    assert html.index(">amount<") < html.index(">hour<")  # three thresholds away, and two
    assert html.count("1 of 2 over") == 2
    assert html.count("stroke-dasharray") == 2


def test_thirty_earlier_runs_are_shown_with_thresholds_and_the_models_that_answered(tmp_path: Path) -> None:
    runs = [ran(day, version=1 + day // 11, amount=0.01 * day) for day in range(1, 31)]
    known = history.read(kept(tmp_path, *runs), before=format_timestamp(START + 31 * DAY))
    html = history.section(known, ran(31, version=3, amount=0.31))
    places = circles(html)
    assert len(places) == 31
    assert [x for x, _ in places] == sorted({x for x, _ in places})
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)
    assert re.findall(r">v(\d+)<", html) == ["1", "2", "3"]
    assert "01-02" in html
    assert "02-01" in html


def test_no_more_than_the_newest_are_kept_and_none_that_is_not_earlier(tmp_path: Path) -> None:
    for day in range(1, 41):
        kept(tmp_path / str(day), ran(day, amount=0.1))
    known = history.read(tmp_path, before=format_timestamp(START + 36 * DAY))
    assert len(known.runs) == MOST_EARLIER
    assert (known.runs[0].at, known.runs[-1].at) == (START + 6 * DAY, START + 35 * DAY)


@pytest.mark.parametrize(
    "broken",
    [
        "", "{", "[]", "null", '{"columns": {}}', '{"window_end": "soon"}',
        json.dumps(ran(3) | {"columns": {"amount": {"distance": "far", "threshold": 0.1}}}),
        json.dumps(ran(3) | {"columns": {"amount": {"distance": float("nan"), "threshold": 0.1}}}),
        json.dumps(ran(3) | {"columns": {"amount": 0.5}}), json.dumps(ran(3) | {"columns": None}), "[" * 100_000,
    ],
)  # fmt: skip
def test_a_damaged_document_is_left_out_and_told(broken: str, tmp_path: Path) -> None:
    known = history.read(kept(tmp_path, ran(1, amount=0.05), broken, ran(3, amount=0.07)))
    assert (len(known.runs), known.unread) == (2, 1)
    html = history.section(known, ran(4, amount=0.1))
    assert "1 earlier run could not be read and is left out." in html
    assert len(circles(html)) == 3


def test_bytes_that_are_no_text_are_damage_too(tmp_path: Path) -> None:
    kept(tmp_path, ran(1, amount=0.1), "x")
    (tmp_path / "monitoring/e/e-data-quality/2026/01/02/00/run.json").write_bytes(b"\xff\xfe{")
    assert history.read(tmp_path).unread == 1


def test_runs_from_before_distances_were_kept_are_told(tmp_path: Path) -> None:
    old = {name: it for name, it in ran(1).items() if name != "columns"}
    html = history.section(history.read(kept(tmp_path, old, ran(2, amount=0.1))), ran(3, amount=0.1))
    assert "1 earlier run kept no distances and is not in the pictures." in html
    assert len(circles(html)) == 2


def test_many_columns_are_folded_away_and_names_are_text(tmp_path: Path) -> None:
    many = {f"<b>{number}": 0.01 * number for number in range(60)}
    html = history.section(history.read(kept(tmp_path, ran(1, **many))), ran(2, **many))
    assert html.count("<svg") == 48
    assert html.index("<details>") < html.index("36 more")
    assert "<b>" not in html


def test_every_mark_lies_within_its_picture_however_far_or_near(tmp_path: Path) -> None:
    for distances in ([0.0, 0.0], [1.0, 1e-9], [0.3]):
        points = [
            Point(at=START + number * 3_600, distance=it, threshold=0.0 if it == 0 else 0.2, version=str(number + 90))
            for number, it in enumerate(distances)
        ]
        drawn = trend("amount", points, first=points[0].at, last=points[-1].at)
        assert all(58 <= x <= 448 and 28 <= y <= 164.1 for x, y in circles(drawn))
        assert all(float(x) <= 412 for x in re.findall(r'<text x="([\d.]+)" y="15"', drawn))


def test_the_job_reads_earlier_runs_and_keeps_its_own_distances_for_the_next(places: Any, tmp_path: Path) -> None:
    window = ["--kind", "data_quality", "--window-start", "2026-01-03T00:00:00Z", "--window-end"]
    there, earlier = places(), kept(tmp_path / "history", ran(1, amount=0.05), "{")
    given = [*arguments(there, tmp_path), "--history", str(earlier), "--model-package", f"{ARN}2"]
    assert monitor.main([*given, *window, "2026-01-04T00:00:00Z"]) == 0
    run, report = documents(tmp_path)["run.json"], (tmp_path / "out" / "report.html").read_text()
    assert run["columns"]["amount"].keys() == {"distance", "threshold"}
    assert "Run by run" in report
    assert "1 earlier run could not be read" in report
    assert f"{run['columns']['amount']['distance']:.3g}, drift from" in report
    kept(tmp_path / "next", run)
    given = [*arguments(there, tmp_path / "b"), "--history", str(tmp_path / "next")]
    assert monitor.main([*given, *window, "2026-01-05T00:00:00Z"]) == 0
    assert ">v2<" in (tmp_path / "b" / "out" / "report.html").read_text()
