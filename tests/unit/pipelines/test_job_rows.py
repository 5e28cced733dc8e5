"""Rows are read group by group into one matrix: the same numbers as the whole set at once, in the order of files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from job_runs import MakeTrainingSet

from headrace.usecase import UseCase
from pipelines.jobs import training_set
from pipelines.jobs.training_set import TrainingSetError


def test_groups_of_rows_come_to_the_matrix_of_the_whole(
    make_training_set: MakeTrainingSet, fraud: UseCase, tmp_path: Path
) -> None:
    frame = make_training_set(rows=1_000)
    assert frame[list(fraud.feature_names)].isna().to_numpy().any()
    for number, name in enumerate(("a", "b")):
        part = pa.Table.from_pandas(frame.iloc[number::2], preserve_index=False)
        pq.write_table(part, tmp_path / f"{name}.parquet", row_group_size=133)
    whole = training_set.read(tmp_path, fraud)
    features, labels = training_set.read_rows(tmp_path, fraud)
    assert np.array_equal(features, training_set.matrix(whole, fraud.feature_names), equal_nan=True)
    assert (labels == training_set.labels(whole)).all()
    assert features.dtype == np.float32


def test_a_file_without_a_feature_is_named(make_training_set: MakeTrainingSet, fraud: UseCase, tmp_path: Path) -> None:
    make_training_set(rows=20).drop(columns="amount").to_parquet(tmp_path / "short.parquet", index=False)
    with pytest.raises(TrainingSetError, match=r"short.parquet lacks the columns amount"):
        training_set.read_rows(tmp_path, fraud)
