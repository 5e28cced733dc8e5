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

from headrace.drift import documents, summarize
from headrace.drift.numbers import Numbers
from headrace.usecase import Band, Decision, Facet, UseCase
from pipelines.jobs import baseline, evaluate, inference
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


def test_a_baseline_is_that_of_all_learned_features_and_of_the_served_scores(trained: Trained, fraud: UseCase) -> None:
    learned, test = (trained.splits / name for name in ("all", "test"))
    found = baseline.baseline(fraud, trained.model, learned, test)
    statistics, constraints = (found[name]["features"] for name in ("statistics.json", "constraints.json"))
    frame, rows = pd.read_parquet(learned), pd.read_parquet(test)
    scores = inference.model_fn(str(trained.model)).scores(rows[list(fraud.feature_names)].to_numpy(np.float32))
    columns = {name: frame[name] for name in fraud.feature_names} | {"score": pd.Series(scores.astype(float))}
    assert [it["name"] for it in statistics] == [it["name"] for it in constraints] == list(columns)
    for it, bound in zip(statistics, constraints, strict=True):
        values, numbers = columns[it["name"]], it["numerical_statistics"]
        assert numbers["mean"] == pytest.approx(values.mean())
        assert numbers["std_dev"] == pytest.approx(values.std(ddof=0))
        assert numbers["common"] == {"num_present": values.notna().sum(), "num_missing": values.isna().sum()}
        assert sum(bucket["count"] for bucket in numbers["distribution"]["kll"]["buckets"]) == values.notna().sum()
        assert bound["completeness"] == pytest.approx(values.notna().mean())
        assert bound["num_constraints"]["is_non_negative"]


@pytest.mark.parametrize("rows", [1, 5, 2_048, 2_049, 70_001])
def test_a_sketch_weighs_as_many_rows_as_there_are_and_keeps_their_quantiles(rows: int) -> None:
    values = np.sort(np.random.default_rng(1).gamma(2, 10, rows))
    levels = documents.kll(Numbers.of(values))
    items = np.array([(it, 2**level) for level, kept in enumerate(levels) for it in kept])
    assert items[:, 1].sum() == rows
    assert len(items) <= 2_048 + len(levels)
    ordered = items[np.argsort(items[:, 0])]
    shares = np.cumsum(ordered[:, 1]) / rows
    for share in (0.1, 0.5, 0.9):
        estimate = ordered[np.searchsorted(shares, share), 0]
        exact = np.mean(values <= estimate)
        assert exact == pytest.approx(share, abs=max(0.002, 1 / rows))


def test_a_coded_column_is_described_by_its_texts() -> None:
    channels = baseline.named(np.array([0.0, 2.0, 2.0, np.nan]), ["chip", "online", "phone"])
    whole = summarize({"channel": channels, "none": np.full(4, np.nan), "one": np.ones(4)})
    found = documents.statistics(whole)
    channel, none, one = found["features"]
    assert found["dataset"] == {"item_count": 4}
    assert channel["string_statistics"]["distribution"]["categorical"]["buckets"] == [
        {"value": "chip", "count": 1},
        {"value": "phone", "count": 2},
    ]
    assert none["inferred_type"] == "Unknown"
    assert one["inferred_type"] == "Integral"
    constraints = documents.constraints(whole)["features"]
    assert constraints[0]["string_constraints"] == {"domains": ["chip", "phone"]}
    assert constraints[1] == {
        "name": "none", "completeness": 0, "inferred_type": "Unknown", "num_constraints": {"is_non_negative": False},
    }  # fmt: skip


def test_the_baseline_job_writes_both_files(trained: Trained, tmp_path: Path) -> None:
    places = ["--model", str(trained.model), "--all", str(trained.splits / "all"), "--test"]
    places += [str(trained.splits / "test"), "--output", str(tmp_path / "out")]
    assert baseline.main(["--usecase", "fraud", *places]) == 0
    for name in ("statistics.json", "constraints.json"):
        assert json.loads((tmp_path / "out" / name).read_text())["version"] == 0


def test_the_code_of_a_model_is_known_by_its_sources(trained: Trained, fraud: UseCase) -> None:
    """The fixture's training ran from the packed archive, this test from the checkout."""
    assert re.fullmatch(r"[0-9a-f]{16}", trained.about["code"])
    assert code_version(fraud) == trained.about["code"]
