"""Quality of matured answers: a fall is named, and what is too young or too few is not judged."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from headrace.drift.model_quality import Drop, Figure, Quality, judge, label_delay_s, mature
from headrace.ground_truth import truth_line
from headrace.schema import LabelRecord

ROWS = 6_000
DAY_S = 86_400
START = 1_767_225_600


def quality(value: float, *, positives: int = 500, deviation: float = 0.005) -> Quality:
    return Quality(rows=10_000, positives=positives, figures={"recall": Figure(value=value, deviation=deviation)})


@pytest.mark.parametrize(
    ("now", "status"), [(0.70, "HEALTHY"), (0.675, "HEALTHY"), (0.64, "DEGRADED"), (0.9, "HEALTHY")]
)
def test_a_fall_is_judged_by_whether_it_matters(now: float, status: str) -> None:
    assert judge(quality(0.70), quality(now)).status == status


def test_a_fall_within_the_noise_of_both_sides_is_none() -> None:
    noisy = quality(0.60, deviation=0.04)
    assert judge(quality(0.70), noisy).status == "HEALTHY"
    (drop,) = judge(quality(0.70), noisy).drops
    assert drop.bound == pytest.approx(2.576 * math.hypot(0.005, 0.04))
    assert drop.amount == pytest.approx(0.1)


def test_a_verdict_needs_positives_and_a_baseline() -> None:
    few = judge(quality(0.7), quality(0.1, positives=19))
    assert (few.status, few.drops) == ("UNKNOWN", ())
    assert "too few" in few.reason
    assert "does not say" in judge(None, quality(0.7)).reason


def test_a_degradation_is_told_in_model_monitors_words() -> None:
    (line,) = judge(quality(0.7), quality(0.5)).violations()
    assert line["metric_name"] == "recall"
    assert line["constraint_check_type"] == "LessThanThreshold"
    assert line["description"].startswith("Metric recall with 0.5000 +/- 0.0050 was LessThanThreshold '0.6700'")
    assert not Drop(metric="a", before=Figure(value=0.5), after=Figure(value=0.5), bound=0.0).degraded


def test_rows_mature_when_nearly_all_labels_of_their_age_have_come() -> None:
    answered = np.arange(0.0, 1_000.0, 10)
    waits = np.where(np.arange(100) == 99, 500.0, np.arange(100) + 1.0)
    assert label_delay_s(answered, answered + waits) == 99.0
    assert label_delay_s(np.zeros(0), np.zeros(0)) == 0
    times = np.array([0.0, 900.0, 901.0, np.nan])
    assert mature(times, known_until=1_000, delay_s=100).tolist() == [True, True, False, True]


def answered(seed: int, *, rule: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers of a week and their labels, which take a day; without the rule labels have nothing to do with inputs."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=ROWS)
    risk = 1 / (1 + np.exp(3 - 2 * x))
    label = rng.random(ROWS) < (risk if rule else risk.mean())
    times = START + seed * 7 * DAY_S + np.sort(rng.integers(0, 7 * DAY_S, ROWS))
    ids = [f"{seed}-{it}" for it in range(ROWS)]
    answers = pd.DataFrame({"event_id": ids, "timestamp": times, "x": x, "score": risk})
    given = times + rng.integers(DAY_S // 2, DAY_S, ROWS)
    labels = pd.DataFrame({"event_id": ids, "label": label.astype(int), "timestamp": times, "labelled_at": given})
    return answers, labels


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """The baseline's answers in a file, and their labels."""
    answers, labels = answered(0)
    path = tmp_path_factory.mktemp("week") / "answers.parquet"
    answers.to_parquet(path)
    return path, labels


def monitor(baseline: Path, current: Path, labels: Path, *options: str) -> Result:
    places = ["-b", str(baseline), "-c", str(current), "--labels", str(labels), "-o", str(labels.parent / "out")]
    return CliRunner().invoke(app, ["monitor", *places, "--ignore", "timestamp", "--json", *options])


@pytest.mark.parametrize("rule", [True, False])
def test_concept_drift_leaves_the_inputs_silent_and_degrades_the_model(
    week: tuple[Path, pd.DataFrame], tmp_path: Path, *, rule: bool
) -> None:
    normal, known = week
    answers, labels = answered(1, rule=rule)
    answers.to_csv(tmp_path / "now.csv", index=False)
    pd.concat([known, labels]).to_csv(tmp_path / "labels.csv", index=False)
    done = monitor(normal, tmp_path / "now.csv", tmp_path / "labels.csv")
    summary = json.loads(done.stdout)
    assert summary["drifted"] == []
    assert summary["model_quality"]["status"] == ("HEALTHY" if rule else "DEGRADED")
    assert done.exit_code == (0 if rule else 3)
    named = {it.get("metric_name") for it in summary["violations"]}
    assert ("auc" in named) is not rule
    document = json.loads((tmp_path / "out" / "model_quality.json").read_text())
    assert document["binary_classification_metrics"]["auc"]["standard_deviation"] > 0
    assert document["headrace"]["status"] == summary["model_quality"]["status"]
    assert summary["model_quality"]["status"] in (tmp_path / "out" / "report.html").read_text()


def test_labels_that_are_still_arriving_are_no_drop_in_recall(week: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    normal, known = week
    answers, labels = answered(1)
    answers.to_parquet(tmp_path / "now.parquet")
    until = START + 11 * DAY_S
    # Positives are reported at once, the all-clear takes its time.
    labels.loc[labels["label"] == 1, "labelled_at"] = labels["timestamp"]
    arrived = pd.concat([known, labels])[lambda it: it["labelled_at"] <= until]
    arrived.to_parquet(tmp_path / "labels.parquet")
    summary = json.loads(monitor(normal, tmp_path / "now.parquet", tmp_path / "labels.parquet").stdout)
    assert summary["model_quality"]["status"] == "HEALTHY"
    about = json.loads((tmp_path / "out" / "model_quality.json").read_text())["headrace"]
    assert 0.5 * ROWS < about["immature_answers"] < 0.65 * ROWS
    assert about["label_delay_s"] == pytest.approx(DAY_S, rel=0.05)
    assert about["unlabelled_answers"] == 0


def test_captured_answers_meet_their_ground_truth_by_inference_id(tmp_path: Path) -> None:
    answers, labels = answered(1, rule=False)
    captured = [
        {
            "captureData": {
                "endpointInput": {"data": json.dumps({"instances": [{"x": x}]}), "encoding": "JSON"},
                "endpointOutput": {"data": json.dumps({"predictions": [{"score": score}]}), "encoding": "JSON"},
            },
            "eventMetadata": {"eventId": "e", "inferenceId": name, "inferenceTime": "2026-01-08T00:00:00Z"},
        }
        for name, x, score in zip(answers["event_id"], answers["x"], answers["score"], strict=True)
    ]
    truth = [
        truth_line(it.event_id, LabelRecord(it.event_id, it.timestamp, {}, it.label, it.labelled_at))
        for it in labels.itertuples()
    ]
    folders = tmp_path / "capture" / "2026" / "01" / "08" / "00", tmp_path / "truth" / "2026" / "01" / "09" / "00"
    for folder, lines in zip(folders, (captured, truth), strict=True):
        folder.mkdir(parents=True)
        (folder / "part.jsonl").write_text("\n".join(map(json.dumps, lines)))
    evaluation = {
        "binary_classification_metrics": {"auc": {"value": 0.89, "standard_deviation": "NaN"}},
        "headrace": {"threshold": 0.3, "rows": 10_000, "positives": 900},
    }
    base = tmp_path / "baseline"
    base.mkdir()
    pd.DataFrame({"x": answered(0)[0]["x"]}).to_parquet(base / "rows.parquet")
    (base / "evaluation.json").write_text(json.dumps(evaluation))
    done = monitor(base, tmp_path / "capture", tmp_path / "truth")
    summary = json.loads(done.stdout)
    assert summary["model_quality"]["status"] == "DEGRADED"
    assert [it.get("metric_name") for it in summary["violations"]] == ["auc"]
    about = json.loads((tmp_path / "out" / "model_quality.json").read_text())["headrace"]
    assert (about["threshold"], about["answers"]) == (0.3, ROWS)


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        ("event_id,label\n1,2\n", (), "holds no labels"),
        ("id,label\n1,1\n", (), "holds no labels"),
        ("event_id,label\n0-1,1\n", ("--score", "nothing"), "name the columns with --id and --score"),
    ],
)
def test_labels_and_answers_that_cannot_be_joined_are_refused(
    week: tuple[Path, pd.DataFrame], tmp_path: Path, labels: str, options: tuple[str, ...], words: str
) -> None:
    (tmp_path / "labels.csv").write_text(labels)
    done = monitor(week[0], week[0], tmp_path / "labels.csv", *options)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
