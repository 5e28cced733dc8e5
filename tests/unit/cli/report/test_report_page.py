"""The page is whole, stands alone, is the same every time, and cannot be taken over by what it shows."""

import dataclasses
import re
from itertools import pairwise
from pathlib import Path

import pytest
from report_runs import FRAUD, Page, evaluation, predictions, run, summary

from cli.report import ReportError, write_report
from cli.report.html import render

HOSTILE = "\"><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>{{ 7 * 7 }}'&"


@pytest.fixture(scope="module")
def html() -> str:
    return render(run())


def test_it_is_written_as_one_file_into_a_folder_that_is_made(tmp_path: Path) -> None:
    target = tmp_path / "a folder" / "index.html"
    write_report(target, run())
    assert [one.name for one in target.parent.iterdir()] == ["index.html"]
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_it_stays_below_600_kilobytes(html: str) -> None:
    assert 20_000 < len(html.encode()) < 600_000


def test_the_same_run_gives_the_same_bytes(html: str) -> None:
    assert render(run()) == html


def test_tags_are_balanced_and_ids_are_unique(html: str) -> None:
    page = Page.of(html)
    assert page.faults == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids)) > 0


def test_every_inner_reference_has_its_target(html: str) -> None:
    page = Page.of(html)
    wanted = set(re.findall(r"url\(#([^)]+)\)", html))
    wanted |= {value[1:] for _, name, value in page.attributes if name == "href"}
    wanted |= {value for _, name, value in page.attributes if name == "aria-labelledby"}
    assert wanted
    assert wanted <= set(page.ids)


def test_it_refers_to_nothing_outside(html: str) -> None:
    for tag, name, value in Page.of(html).attributes:
        if name in ("src", "href", "action", "data", "poster", "srcset"):
            assert value.startswith("#"), (tag, name, value)
    assert not re.search(r"https?:|@import|url\((?!#)|<script|<link|<iframe", html)


def test_the_browser_is_told_to_load_nothing(html: str) -> None:
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in Page.of(html).attributes


def test_headings_begin_with_one_h1_and_skip_no_level(html: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_drawing_says_what_it_shows(html: str) -> None:
    drawings = re.findall(r"<svg[^>]*>", html)
    assert len(drawings) == 8
    for drawing in drawings:
        assert 'aria-hidden="true"' in drawing or re.search(r'role="img" aria-label="[^"]{20,}"', drawing)


def test_hostile_text_is_shown_and_not_run() -> None:
    frame = predictions(200)
    frame.loc[:5, "decision"] = HOSTILE
    frame["model_version"] = HOSTILE
    html = render(
        run(
            title=HOSTILE,
            usecase=dataclasses.replace(FRAUD, description=HOSTILE),
            predictions=frame,
            summary=summary(
                endpoint_status=HOSTILE,
                model_package=HOSTILE,
                phases_s={HOSTILE: 1.5},
                rejected_examples=[{"field": HOSTILE, "reason": HOSTILE}],
            ),
        )
    )
    page = Page.of(html)
    assert page.faults == []
    assert not {"script", "img"} & {tag for tag, _, _ in page.attributes}
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert "<script" not in html
    assert page.text.count("{{ 7 * 7 }}'&") >= 4


def test_a_hostile_record_cannot_fill_the_page() -> None:
    reasons = [{"field": "f" * 5_000, "reason": f"{number}" + "r" * 50_000} for number in range(200)]
    assert len(render(run(summary=summary(rejected_examples=reasons)))) < 200_000


@pytest.mark.parametrize("name", ["score", "label", "latency_ms"])
def test_a_missing_column_is_refused_by_name(name: str) -> None:
    with pytest.raises(ReportError, match=name):
        run(predictions=predictions(10).drop(columns=name))


def test_an_empty_summary_and_evaluation_still_make_a_page() -> None:
    page = Page.of(render(run(summary={}, evaluation={})))
    assert page.faults == []
    assert "This run did not count its stores." in page.text
    assert "No phase was timed." in page.text
    assert "The inference API was not asked in this run." in page.text


def test_figures_that_are_no_numbers_are_left_out() -> None:
    report = evaluation()
    report["binary_classification_metrics"]["auc"]["standard_deviation"] = "NaN"
    report["binary_classification_metrics"]["f1"] = {"value": "NaN"}
    report["binary_classification_metrics"]["f2"] = None
    page = Page.of(render(run(evaluation=report, summary=summary(events_per_s=None, api="none", phases_s=[1]))))
    assert "Area under ROC" in page.text
    assert "F1" not in page.text
    assert "F2" not in page.text
    assert "nan" not in page.text.lower().split()
