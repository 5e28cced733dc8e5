"""Rows to learn are written in a share for each machine that trains; every other reader finds what it found before."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from job_runs import MakeTrainingSet, Trained, write_training_set
from kinds_of_models import MODELS

from headrace.usecase import Cluster, UseCase
from pipelines.jobs import preprocess, train
from pipelines.jobs.hosts import HostError, Hosts
from pipelines.jobs.splits import Cut, warm_up_s


def frames(folder: Path) -> list[pd.DataFrame]:
    return [pd.read_parquet(file) for file in sorted(folder.iterdir())]


def test_rows_to_learn_are_dealt_to_as_many_files_as_machines(
    make_training_set: MakeTrainingSet, fraud: UseCase, tmp_path: Path
) -> None:
    data = write_training_set(make_training_set(), tmp_path / "in")
    shared = replace(fraud, model=replace(fraud.model, cluster=Cluster(instances=3)))
    cut = Cut(warm_up_s=warm_up_s(fraud))
    manifests = [
        preprocess.preprocess(it, data, tmp_path / name, cut) for it, name in ((fraud, "one"), (shared, "three"))
    ]
    assert manifests[0] == manifests[1]
    for split, files in {"train": 3, "validation": 1, "test": 1, "all": 3}.items():
        (whole,) = frames(tmp_path / "one" / split)
        shares = frames(tmp_path / "three" / split)
        assert len(shares) == files
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
        together = pd.concat(shares).sort_values(["timestamp", "event_id"], ignore_index=True)
        pd.testing.assert_frame_equal(together, whole)
        for share in shares:  # each spans the whole time
            assert share["timestamp"].min() < whole["timestamp"].quantile(0.05)
            assert share["timestamp"].max() > whole["timestamp"].quantile(0.95)


def test_an_algorithm_that_is_fitted_at_once_is_not_trained_on_several_machines(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    places = train.Places(
        **{name: trained.splits / name for name in ("train", "validation", "all")},
        model=tmp_path / "model",
        checkpoint=tmp_path / "checkpoint",
    )
    linear = replace(fraud, model=MODELS["linear"])
    hosts = Hosts(names=("algo-1", "algo-2"), current="algo-1")
    with pytest.raises(HostError, match="the job has 2 instances, and linear is fitted to all of its rows at once"):
        train.train(linear, {}, "v", places, hosts=hosts)
    assert not (tmp_path / "model").exists()
