"""Where the monitor finds answers, labels and baselines, and what it does with the odd ones."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headrace.drift import Settings
from headrace.ground_truth import Truth
from pipelines.monitoring import baselines, quality
from pipelines.monitoring.answers import Answers, Names, answers, truths
from pipelines.monitoring.counting import Seasons
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.sample import sampled
from pipelines.monitoring.truth import Labelled, model_quality
from pipelines.monitoring.watch import watch

ROWS = 3_000


def call(name: str, asked: str, answered: str, encoding: str = "JSON") -> str:
    sides = {
        side: {"mode": "x", "data": data, "encoding": encoding}
        for side, data in (("endpointInput", asked), ("endpointOutput", answered))
    }
    metadata = {"eventId": name, "inferenceTime": "2026-01-01T00:00:00Z"}
    return json.dumps({"captureData": sides, "eventMetadata": metadata})


def judged(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.random(rows)
    return pd.DataFrame({"event_id": np.arange(rows), "score": score, "label": rng.random(rows) < score})


def test_a_call_of_many_rows_is_counted_and_joined_to_nothing(tmp_path: Path) -> None:
    two = json.dumps({"instances": [{"a": 1}, {"a": 2}]}), json.dumps({"predictions": [{"score": 0.1}, {"score": 0.2}]})
    one = json.dumps({"instances": [{"a": 3}]}), json.dumps({"predictions": [{"score": 0.3}]})
    path = tmp_path / "capture.jsonl"
    path.write_text("\n".join([call("many", *two), call("single", *one), "broken"]))
    found = answers(path, Names())
    assert found is not None
    assert (found.ids, found.unnamed) == (["single"], 2)
    rows = sampled(path, ("a", "b"))
    assert rows is not None
    assert rows.ids == ["", "", "single"]
    assert rows.scores.tolist() == [0.1, 0.2, 0.3]
    assert np.isnan(rows.matrix[:, 1]).all()


def test_a_sample_is_the_same_whatever_the_order_of_the_lines(tmp_path: Path) -> None:
    lines = [call(str(it), json.dumps({"a": it}), f"0.{it}", "JSON") for it in range(100, 400)]
    kept = []
    for name, order in (("forth", lines), ("back", lines[::-1])):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(order))
        found = sampled(tmp_path / f"{name}.jsonl", ("a",), most=50)
        assert found is not None
        kept.append(set(found.ids))
    assert len(kept[0]) == 50
    assert kept[0] == kept[1]


def test_a_place_without_scores_is_no_sample(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n[1]\nno\n')
    (tmp_path / "table.csv").write_text("a\n1\n")
    assert sampled(tmp_path, ("a",)) is None
    assert answers(tmp_path / "table.csv", Names()) is None


def test_labels_of_files_of_both_kinds_are_one_truth_and_the_last_given_counts(tmp_path: Path) -> None:
    table = pd.DataFrame({"event_id": ["a", "a", "b", None], "label": [1, 0, True, 1], "labelled_at": [20, 10, 5, 1]})
    table.to_json(tmp_path / "labels.jsonl", orient="records", lines=True)
    folder = tmp_path / "2026" / "01" / "01" / "00"
    folder.mkdir(parents=True)
    line = {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "c"}}
    with gzip.open(folder / "truth.jsonl.gz", "wt") as stream:
        stream.write(json.dumps(line))
    found = truths(tmp_path, Names())
    assert {name: it.value for name, it in found.items()} == {"a": 1, "b": 1, "c": 1}
    assert found["c"].labelled_at == pd.Timestamp("2026-01-01", tz="UTC").timestamp()


@pytest.mark.parametrize("times", [["2026-01-01T00:00:00Z"], [1_767_225_600], [pd.Timestamp("2026-01-01")], ["soon"]])
def test_the_time_of_an_answer_is_read_in_any_form(times: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "answers.parquet"
    pd.DataFrame({"event_id": ["a"], "score": [0.5], "timestamp": times}).to_parquet(path)
    found = answers(path, Names())
    assert found is not None
    assert np.isnan(found.times[0]) if times == ["soon"] else found.times[0] == 1_767_225_600


def test_a_table_that_holds_its_own_labels_is_a_baseline_of_quality(tmp_path: Path) -> None:
    judged().to_parquet(tmp_path / "before.parquet")
    now = judged(seed=1).assign(event_id=lambda it: it["event_id"] + ROWS)
    now.drop(columns="label").to_parquet(tmp_path / "now.parquet")
    now.to_csv(tmp_path / "labels.csv", index=False)
    labelled = Labelled(labels=tmp_path / "labels.csv", names=Names())
    found = model_quality(tmp_path / "before.parquet", tmp_path / "now.parquet", labelled)
    assert found.verdict.status == "HEALTHY"
    assert {it.metric for it in found.verdict.drops} >= {"auc", "recall"}
    nobody = Labelled(labels=tmp_path / "labels.csv", names=Names(score="score", label="label"))
    (tmp_path / "features.csv").write_text("a\n1\n")
    assert model_quality(tmp_path / "features.csv", tmp_path / "now.parquet", nobody).verdict.status == "UNKNOWN"


def test_an_evaluation_is_found_in_the_folder_beside_the_baseline(tmp_path: Path) -> None:
    (tmp_path / "baseline").mkdir()
    (tmp_path / "evaluation").mkdir()
    document = {"binary_classification_metrics": {"auc": {"value": 0.99}}, "headrace": {"threshold": 0.4}}
    (tmp_path / "evaluation" / "evaluation.json").write_text(json.dumps(document))
    judged().to_csv(tmp_path / "now.csv", index=False)
    labelled = Labelled(labels=tmp_path / "now.csv", names=Names())
    found = model_quality(tmp_path / "baseline", tmp_path / "now.csv", labelled)
    assert (found.verdict.status, found.about["threshold"]) == ("DEGRADED", 0.4)


def test_answers_of_one_class_have_no_metrics() -> None:
    found = quality.quality_of(np.ones(50, dtype=int), np.random.default_rng(1).random(50), 0.5)
    assert (found.rows, found.positives, found.figures) == (50, 50, {})


def test_metrics_of_many_rows_are_resampled_from_some_and_their_noise_is_of_all() -> None:
    frame = judged(rows=200_000)
    labels = frame["label"].to_numpy().astype(int)
    many = quality.quality_of(labels, frame["score"].to_numpy(), 0.5).figures["accuracy"]
    share = many.value
    assert many.deviation == pytest.approx(np.sqrt(share * (1 - share) / 200_000), rel=0.25)


def test_captured_csv_takes_its_names_from_the_baseline_with_or_without_an_answer(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    pd.DataFrame({"a": rng.random(ROWS), "b": rng.random(ROWS)}).to_parquet(tmp_path / "normal.parquet")
    for name, answer in (("both", "0.5"), ("asked", "")):
        lines = [call(str(it), f"{rng.random()},{rng.random()}", answer, "CSV") for it in range(500)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
        found = watch(tmp_path / "normal.parquet", tmp_path / f"{name}.jsonl")
        assert list(found.current.columns) == ["a", "b"]
        assert found.findings.violations == ()
    lines = [call(str(it), "1,2,3,4", "0.5", "CSV") for it in range(5)]
    (tmp_path / "wide.jsonl").write_text("\n".join(lines))
    assert "_c4" in watch(tmp_path / "normal.parquet", tmp_path / "wide.jsonl").current.columns


def test_a_written_baseline_has_no_seasons_and_thresholds_need_constraints(tmp_path: Path) -> None:
    (tmp_path / "statistics.json").write_text("{}")
    with pytest.raises(TableError, match="does not tell hours apart"):
        baselines.read(tmp_path, Settings(), seasons=Seasons(time="when", season="hour_of_day"))
    with pytest.raises(TableError, match="put it beside"):
        baselines.read(tmp_path, Settings(), thresholds=True)
    with pytest.raises(TableError, match="cannot be read"):
        baselines.read(tmp_path / "constraints" / "constraints.json", Settings())


def test_a_baseline_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("a\n")
    (tmp_path / "now.csv").write_text("a\n1\n")
    with pytest.raises(TableError, match="nothing to compare with"):
        watch(tmp_path / "empty.csv", tmp_path / "now.csv")


@pytest.mark.parametrize(("collected_until", "judged_rows"), [(None, 1), (8 * 86_400.0, 100)])
def test_labels_that_came_all_at_once_are_mature_if_they_were_collected_long_enough(
    collected_until: float | None, judged_rows: int
) -> None:
    ids, times = [str(it) for it in range(100)], np.linspace(0, 86_399, 100)
    given = Answers(ids=ids, scores=np.linspace(0, 1, 100), times=times, unnamed=0)
    truth = {name: Truth(name, place % 2, 7 * 86_400, -1) for place, name in enumerate(ids)}
    found = quality.measured(given, truth, threshold=0.5, delay_s=7 * 86_400, collected_until=collected_until)
    assert found.current.rows == judged_rows
