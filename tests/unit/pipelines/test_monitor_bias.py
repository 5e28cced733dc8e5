"""Bias of answers by groups that the model never sees: joined from the lake, equal to tables computed by hand."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import usecases
from headrace.ground_truth import Truth
from headrace.usecase import Facet, UseCase
from pipelines.monitoring import group_bias, groups
from pipelines.monitoring.leaving import write
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.run import About, Run
from pipelines.monitoring.sample import Sampled

LOANS = usecases.load("loans")
FEATURES = LOANS.feature_names
GENDER, AGE = LOANS.model.facets
# Rows of each group by (label, call): 0 is good and approved.
MEN = {(0, 0): 480, (1, 0): 20, (0, 1): 60, (1, 1): 40}
WOMEN = {(0, 0): 180, (1, 0): 20, (0, 1): 140, (1, 1): 60}
HAND = {
    "CI": (600 - 400) / 1_000,
    "DPL": 540 / 600 - 320 / 400,
    "DPPL": 500 / 600 - 200 / 400,
    "DI": (200 / 400) / (500 / 600),
    "RD": 480 / 540 - 180 / 320,
    "AD": 520 / 600 - 240 / 400,
}


def answered(men: Mapping[tuple[int, int], int], women: Mapping[tuple[int, int], int]) -> pd.DataFrame:
    """Answers as they were planted: id, gender, label, score."""
    parts = [
        (gender, label, 0.9 if call else 0.1)
        for gender, cells in (("male", men), ("female", women))
        for (label, call), rows in cells.items()
        for _ in range(rows)
    ]
    frame = pd.DataFrame(parts, columns=["gender", "label", "score"])
    frame.insert(0, "event_id", [f"e{it}" for it in range(len(frame))])
    return frame


def lake(frame: pd.DataFrame, folder: Path, files: int = 2) -> Path:
    """Events as Firehose leaves them."""
    for part in range(files):
        hour = folder / "events" / "dt=2026-03-03" / f"hh={part:02}"
        hour.mkdir(parents=True)
        frame.iloc[part::files].to_parquet(hour / "a.parquet", index=False)
    return folder


def judged(
    frame: pd.DataFrame, events: Path, *, before: Sequence[Any] = (), usecase: UseCase = LOANS
) -> dict[str, Any] | None:
    matrix = np.zeros((len(frame), len(FEATURES)), dtype=np.float32)
    rows = Sampled(ids=frame["event_id"].tolist(), matrix=matrix, scores=frame["score"].to_numpy())
    labels = dict(zip(frame["event_id"], frame["label"].tolist(), strict=True))
    truths = {name: Truth(name, value, 0, 0) for name, value in labels.items() if value is not None}
    known = group_bias.Known(truths=truths, events=events, before=before, threshold=0.5)
    return group_bias.bias_drift(usecase, FEATURES, rows, known)


def only(*facets: Facet) -> UseCase:
    return replace(LOANS, model=replace(LOANS.model, facets=facets))


def figures(folder: Path) -> dict[tuple[str, str], float]:
    """What was measured, by metric and group."""
    lines = map(json.loads, (folder / "cloudwatch_metrics.jsonl").read_text().splitlines())
    found = {}
    for it in lines:
        dimensions = {one["Name"]: one["Value"] for one in it["Dimensions"]}
        assert (dimensions["UseCase"], dimensions["Stage"], dimensions["Monitor"]) == ("loans", "prod", "bias")
        found[it["MetricName"], f"{dimensions.get('Facet', '')} {dimensions.get('FacetValue', '')}"] = it["Value"]
    return found


@pytest.fixture
def frame() -> pd.DataFrame:
    return answered(MEN, WOMEN)


@pytest.mark.parametrize("name", HAND)
def test_a_metric_of_a_group_that_the_model_never_sees_is_that_of_the_hand(
    name: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    found = judged(frame, lake(frame[["event_id", "gender"]], tmp_path), usecase=only(GENDER))
    assert found is not None
    assert found["facets"][0]["rows"] == {"advantaged": 600, "disadvantaged": 400}
    assert found["facets"][0]["metrics"][name] == pytest.approx(HAND[name], abs=1e-6)


def test_women_refused_more_often_are_violations_in_the_native_shape(frame: pd.DataFrame, tmp_path: Path) -> None:
    fair = answered(MEN, {cell: rows // 2 for cell, rows in MEN.items()})
    events = lake(frame[["event_id", "gender"]], tmp_path)
    then = judged(fair, lake(fair[["event_id", "gender"]], tmp_path / "then"), usecase=only(GENDER))
    assert then is not None
    assert then["violations"] == []
    now = judged(frame, events, before=then["facets"], usecase=only(GENDER))
    assert now is not None
    lines = {it["metric_name"]: it for it in now["violations"]}
    assert set(lines) == {"DI", "AD", "DPL", "DPPL", "RD"}
    assert lines["DI"].keys() == {"facet", "facet_value", "metric_name", "constraint_check_type", "description"}
    assert (lines["DI"]["facet"], lines["DI"]["facet_value"]) == ("gender", "in (female)")
    assert lines["DI"]["constraint_check_type"] == "bias_drift_check"
    assert lines["DI"]["description"].startswith("Value 0.6, before 1 with interval [0.5")
    assert lines["DI"]["description"].endswith("does not meet the bounds [0.8, 1.25].")


def test_a_run_writes_verdict_figures_by_group_and_a_report(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame["age"] = np.where(np.arange(len(frame)) % 20 == 0, 20, 40)
    found = judged(frame, lake(frame[["event_id", "gender", "age"]], tmp_path))
    run = Run(bias=found)
    write(run, About(usecase=LOANS, stage="prod", kind="bias"), tmp_path / "out", tmp_path)
    assert json.loads((tmp_path / "out" / "bias.json").read_text())["judged"] == 1
    assert json.loads((tmp_path / "out" / "run.json").read_text())["status"] == "DEGRADED"
    measured = figures(tmp_path)
    assert measured["bias_metric_DI", "gender in (female)"] == pytest.approx(0.6, abs=1e-6)
    assert measured["violations", " "] == len(run.violations) > 0
    assert not [name for name in measured if "age" in name[1]], "50 people below 25 are too few"
    page = (tmp_path / "out" / "report.html").read_text()
    assert "gender in (female) (400 of 1,000 rows)" in page
    assert "1 of 2 facets have rows enough" in page
    assert "<li>gender in (female), DI: Value 0.6" in page
    assert page.count("too few rows") == len(found["facets"][1]["intervals"]), "not one figure of few rows is a verdict"


def test_few_rows_of_every_group_make_no_verdict(tmp_path: Path) -> None:
    frame = answered({(0, 0): 150}, {(0, 1): 150})
    found = judged(frame, lake(frame[["event_id", "gender"]], tmp_path), usecase=only(GENDER))
    run = Run(bias=found)
    assert (run.status, run.violations, run.rows) == ("UNKNOWN", [], 300)


def test_each_facet_says_how_many_rows_it_needs(frame: pd.DataFrame, tmp_path: Path) -> None:
    events = lake(frame[["event_id", "gender"]], tmp_path)
    male = Facet(field="gender", values=("male",), minimum_rows=1_000)
    found = judged(frame, events, usecase=only(GENDER, male))
    assert found is not None
    assert {it["facet_value"] for it in found["violations"]} == {"in (female)"}
    assert found["judged"] == 1


def test_who_is_not_in_the_lake_is_in_no_group_and_told(frame: pd.DataFrame, tmp_path: Path) -> None:
    found = judged(frame, lake(frame.iloc[:900][["event_id", "gender"]], tmp_path), usecase=only(GENDER))
    assert found is not None
    assert (found["rows"], found["unplaced"]) == (1_000, 100)
    assert sum(found["facets"][0]["rows"].values()) == 900
    nowhere = judged(frame, tmp_path / "nowhere", usecase=only(GENDER))
    assert nowhere is not None
    assert (nowhere["unplaced"], nowhere["judged"], nowhere["violations"]) == (1_000, 0, [])


def test_without_a_label_nobody_is_judged(frame: pd.DataFrame, tmp_path: Path) -> None:
    unlabelled = frame.assign(label=None)
    assert judged(unlabelled, lake(frame[["event_id", "gender"]], tmp_path)) is None


def test_an_id_that_no_header_holds_is_met_under_its_hash(tmp_path: Path) -> None:
    long = "é" * 70
    lake(pd.DataFrame({"event_id": [long, "b"], "gender": ["female", "male"], "age": [20, None]}), tmp_path, files=1)
    ids = ["b", hashlib.sha256(long.encode()).hexdigest(), ""]
    found = groups.fields_of(tmp_path, ids, LOANS, ("gender", "age"))
    assert found["gender"].tolist() == ["male", "female", None]
    np.testing.assert_array_equal(found["age"], [np.nan, 20.0, np.nan])


def test_a_file_from_before_the_field_has_no_values_and_a_torn_one_is_named(tmp_path: Path) -> None:
    lake(pd.DataFrame({"event_id": ["a"]}), tmp_path, files=1)
    assert groups.fields_of(tmp_path, ["a"], LOANS, ("gender",))["gender"].tolist() == [None]
    (tmp_path / "torn.parquet").write_bytes(b"no table")
    with pytest.raises(TableError, match=r"--events .*torn\.parquet: cannot be read"):
        groups.fields_of(tmp_path, ["a"], LOANS, ("gender",))
