"""A training set that cannot be used is refused, and the reason names what is wrong and the fix."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from job_runs import DAY, START, MakeTrainingSet
from preprocess_run import run

from headrace.usecase import UseCase
from pipelines.jobs import preprocess
from pipelines.jobs.splits import Cut
from pipelines.jobs.training_set import TrainingSetError


def test_a_missing_column_is_named(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    reason = run(make_training_set(rows=500).drop(columns=["customer_count_7d", "label"]), tmp_path)
    assert "customer_count_7d, label" in reason


@pytest.mark.parametrize("column", ["event_id", "timestamp", "customer_id", "label"])
def test_only_features_may_be_missing(column: str, make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    frame = make_training_set(rows=500)
    frame[column] = frame[column].where(frame.index != 7)
    assert run(frame, tmp_path).startswith(f"{column} is null in 1 rows")


def test_an_infinite_feature_is_named(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    frame = make_training_set(rows=500)
    frame.loc[3, "customer_amount_mean_7d"] = np.inf
    assert run(frame, tmp_path).startswith("feature customer_amount_mean_7d is infinite in 1 rows")


def test_a_feature_of_text_is_named(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    reason = run(make_training_set(rows=500).astype({"amount": str}), tmp_path)
    assert reason == "column amount of part-0.parquet is string: it should be double"


def test_a_value_that_its_column_cannot_hold_is_named(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    frame = make_training_set(rows=500).astype({"label": float})
    frame.loc[4, "label"] = 0.5
    assert run(frame, tmp_path).startswith("column label of part-0.parquet is not all int8")


def test_not_a_number_counts_as_missing(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    frame = make_training_set()
    table = pa.Table.from_pandas(frame.assign(amount=1.0), preserve_index=False)
    values = pa.array(np.where(frame.index < 1_000, np.nan, 1.0))
    (tmp_path / "in").mkdir()
    pq.write_table(
        table.set_column(table.schema.get_field_index("amount"), "amount", values), tmp_path / "in" / "a.parquet"
    )
    places = ["--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert preprocess.main(["--usecase", "fraud", *places]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest" / "data_manifest.json").read_text())
    assert manifest["completeness"]["amount"] == 0.75


def test_repeated_events_are_refused(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    frame = make_training_set(rows=500)
    assert run(pd.concat([frame, frame.head(3)]), tmp_path).startswith("3 rows repeat an event_id")


def test_labels_are_zero_or_one(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    frame = make_training_set(rows=500)
    frame.loc[5, "label"] = 2
    assert run(frame, tmp_path).startswith("label has the values [2]")


def test_too_few_positives_are_refused_naming_the_split_and_the_fix(
    make_training_set: MakeTrainingSet, tmp_path: Path
) -> None:
    frame = make_training_set()
    late = frame["timestamp"] > START + 90 * DAY
    frame.loc[late, "label"] = 0
    reason = run(frame, tmp_path)
    assert reason.startswith("the test split has")
    assert "fewer than 10" in reason
    assert "--minimum-positives" in reason


def test_a_split_of_positives_only_is_refused(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    reason = run(make_training_set().assign(label=1), tmp_path)
    assert reason.startswith("the train split has positives only")


def test_an_empty_set_is_refused(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    assert run(make_training_set(rows=10).head(0), tmp_path).startswith("the training set has no rows")


def test_a_folder_without_parquet_is_refused(fraud: UseCase, tmp_path: Path) -> None:
    with pytest.raises(TrainingSetError, match=r"no \*\.parquet files"):
        preprocess.training_set.read(tmp_path, fraud)


def test_rows_of_one_moment_cannot_be_split(make_training_set: MakeTrainingSet, tmp_path: Path) -> None:
    reason = run(make_training_set(rows=100).assign(timestamp=START), tmp_path)
    assert "longer history" in reason


@pytest.mark.parametrize("fractions", [(0.0, 0.2), (0.6, 0.4), (-0.1, 0.5)])
def test_fractions_leave_something_for_every_split(fractions: tuple[float, float]) -> None:
    with pytest.raises(TrainingSetError, match="fractions"):
        Cut(validation_fraction=fractions[0], test_fraction=fractions[1])


def test_nothing_but_the_reason_is_left_when_the_set_is_refused(
    make_training_set: MakeTrainingSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(make_training_set(rows=500).assign(label=0), tmp_path)
    assert not (tmp_path / "out" / "manifest").exists()
    assert json.dumps("train split")[1:-1] in capsys.readouterr().err
