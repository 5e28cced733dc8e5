"""What evaluation and baseline write: a model card, a page that stands alone, monitors' own JSON."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from job_runs import Trained

from headrace.usecase import Band, Decision, Facet, UseCase
from pipelines.jobs import evaluate, inference
from pipelines.jobs.code_version import code_version
from pipelines.jobs.judging.evidence import Evidence
from pipelines.jobs.report.svg import Axes, number, ticks


def read(trained: Trained, name: str) -> Any:
    return json.loads((trained.root / "evaluation" / name).read_text())


def test_the_card_tells_figures_rows_and_lineage(trained: Trained) -> None:
    card = read(trained, "model_card.json")
    (judged,) = card["evaluation_details"]
    quality = {it["name"]: it["value"] for it in judged["metric_groups"][0]["metric_data"]}
    figures = trained.evaluation["binary_classification_metrics"]
    assert quality["average_precision"] == figures["average_precision"]["value"]
    assert quality["confusion_matrix"][1][0] == figures["confusion_matrix"]["1"]["0"]
    details = card["additional_information"]["custom_details"]
    assert details["reason"] == "test"
    assert details["code"] == trained.about["code"]
    assert card["training_details"]["training_observations"].startswith("train: ")


def test_the_evaluation_holds_intervals_around_its_figures(trained: Trained) -> None:
    figures, intervals = (
        trained.evaluation["binary_classification_metrics"],
        trained.evaluation["headrace"]["intervals"],
    )
    for name, (low, high) in intervals.items():
        assert low <= figures[name]["value"] <= high
        assert high - low == pytest.approx(3.9 * figures[name]["standard_deviation"], rel=0.5)


def test_explanations_are_there_in_clarifys_form_too(trained: Trained) -> None:
    found = read(trained, "explanation.json")["explanations"]["kernel_shap"]["label0"]
    own = trained.evaluation["headrace"]["explanation"]
    assert found["global_shap_values"] == {it["feature"]: it["mean_absolute"] for it in own["features"]}
    assert found["expected_value"] == own["base"]


def test_explanations_are_means_of_exact_contributions(trained: Trained, fraud: UseCase) -> None:
    found = trained.evaluation["headrace"]["explanation"]
    rows = pd.read_parquet(trained.splits / "test")[list(fraud.feature_names)].to_numpy(np.float32)
    values = inference.model_fn(str(trained.model)).contributions(rows)
    assert values is not None
    assert found["rows"] == len(rows)
    expected = dict(zip(fraud.feature_names, np.abs(values[:, :-1]).mean(axis=0), strict=True))
    assert {it["feature"]: it["mean_absolute"] for it in found["features"]} == pytest.approx(expected, abs=1e-5)
    assert {it["feature"] for it in found["features"][:2]} == {"amount", "terminal_fraud_rate_7d"}


class Page(HTMLParser):
    """Every tag opened and closed, every address, and the text."""

    VOID = frozenset({"meta", "br", "path", "rect", "circle", "polyline", "polygon"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_stands_alone_and_shows_every_part(trained: Trained) -> None:
    text = (trained.root / "evaluation" / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert not page.addresses
    assert "http" not in text and "url(" not in text and "<script" not in text
    words = " ".join(page.words)
    for part in ("May be registered", "Quality", "Precision and recall", "Reliability", "What errors cost", "Champion",
                 "Slices", "Reasons", "One feature alone", "Data and lineage", "SHA-256"):  # fmt: skip
        assert part in words
    assert text.count('class="plot"') == 6
    assert f"{trained.evaluation['binary_classification_metrics']['auc']['value']:.4f}" in words
    assert not re.search(r"\b(nan|inf|None)\b", words)


def test_what_comes_from_outside_is_escaped(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    evil = "<b>&"
    bands = (Band(decision=evil, from_score=0), Band(decision="BLOCK", from_score=0.9))
    facet = Facet(field="is_night", values=(0.0, 1.0), minimum_rows=1)
    usecase = replace(
        fraud,
        description=evil,
        decision=Decision(bands=bands, fallback=evil),
        model=replace(fraud.model, facets=(facet,)),
    )
    evidence = Evidence(lineage={"who": evil})
    found = evaluate.evaluate(usecase, trained.model, trained.splits / "test", resamples=20, seed=1, evidence=evidence)
    found["evaluation"]["headrace"]["decisions"] = {evil: {"rows": 1, "positives": 0}}
    evaluate.write(tmp_path, usecase, trained.about, found, evidence)
    text = (tmp_path / "report.html").read_text()
    assert "<b>&<" not in text and "<b>&:" not in text
    assert text.count("&lt;b&gt;&amp;") >= 3
    assert not Page(text).open


def test_a_failed_candidate_is_announced(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    evidence = Evidence(floors={"average_precision": 1.0})
    found = evaluate.evaluate(fraud, trained.model, trained.splits / "test", resamples=20, seed=1, evidence=evidence)
    evaluate.write(tmp_path, fraud, trained.about, found, evidence)
    words = " ".join(Page((tmp_path / "report.html").read_text()).words)
    assert "Must not be registered" in words
    assert "1 of 6 gates failed" in words


@pytest.mark.parametrize(
    ("value", "text"), [(0.1254, "0.125"), (12.0, "12"), (4_500.0, "4.5k"), (-2_000_000.0, "-2M"), (0.0, "0")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.64, 0.78), (1, 200), (0, 645_000), (-3, 3), (2, 2)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high)
    assert all(low <= it <= high for it in found)
    assert 1 <= len(found) <= 8
    assert found == sorted(found)


def test_points_are_placed_by_the_ranges_and_kept_inside() -> None:
    axes = Axes(x=(0, 10), y=(1, 1_000), x_label="x", y_label="y", log_y=True)
    (left, low), (right, high) = axes.at(0, 1), axes.at(10, 1_000)
    assert axes.at(5, 10**1.5) == pytest.approx(((left + right) / 2, (low + high) / 2))
    assert axes.at(99, 0) == (right, low)


def test_the_code_of_a_model_is_known_by_its_sources(trained: Trained, fraud: UseCase) -> None:
    """The fixture's training ran from the packed archive, this test from the checkout."""
    assert re.fullmatch(r"[0-9a-f]{16}", trained.about["code"])
    assert code_version(fraud) == trained.about["code"]
