"""Transforms are learned from training rows, read back from the artifact, and survive what is missing."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from job_runs import Trained
from kinds_of_models import CLIP, IMPUTE, MODELS, STANDARDIZE
from training_places import places

from headrace.usecase import Field, Transform, UseCase
from pipelines.jobs import preparing, train
from pipelines.jobs.served.columns import Columns


@pytest.fixture
def coded(fraud: UseCase) -> UseCase:
    """Fraud with a channel of four values as an input."""
    channel = Field(name="channel", type="string", allowed=("chip", "online", "phone", "stripe"))
    event = replace(fraud.event, fields=(*fraud.event.fields, channel))
    bare = {"windows": (), "calendar": (), "expressions": (), "expectations": ()}
    entities = tuple(replace(it, snapshot=None) for it in fraud.entities)
    return replace(fraud, event=event, entities=entities, inputs=("amount", "channel"), **bare)


def with_transforms(usecase: UseCase, *transforms: Transform) -> UseCase:
    return replace(usecase, model=replace(usecase.model, transforms=transforms))


def learn(usecase: UseCase, *transforms: Transform, rows: list[list[float]]) -> tuple[Columns, np.ndarray]:
    matrix = np.array(rows, dtype=np.float32)
    columns = preparing.learn(with_transforms(usecase, *transforms), matrix)
    return columns, columns.apply(matrix)


NAN = float("nan")
ROWS = [[1.0, 0], [3.0, 0], [NAN, 2], [8.0, NAN]]


def test_a_missing_value_becomes_the_median_and_a_flag_says_so(coded: UseCase) -> None:
    columns, ready = learn(coded, Transform(function="impute", of=("amount",)), rows=ROWS)
    assert columns.names == ("amount", "channel", "amount_missing")
    assert ready[:, [0, 2]].tolist() == [[1, 0], [3, 0], [3, 1], [8, 0]]
    assert columns.sources == (0, 1, 0)


@pytest.mark.parametrize(("fill", "value"), [("mean", 4.0), ("median", 3.0), ("constant", -7.0)])
def test_the_fill_is_learned_from_what_is_there(fill: str, value: float, coded: UseCase) -> None:
    transform = Transform(function="impute", of=("amount",), fill=fill, constant=-7, flag=False)
    columns, ready = learn(coded, transform, rows=ROWS)
    assert ready[2, 0] == value
    assert columns.names == ("amount", "channel")


def test_texts_become_a_column_each_and_rare_ones_share_one(coded: UseCase) -> None:
    rows = [[1.0, 0], [1.0, 0], [1.0, 1], [1.0, 1], [1.0, 3], [1.0, NAN]]
    columns, ready = learn(coded, Transform(function="one_hot", top=2), rows=rows)
    assert columns.names == ("amount", "channel=chip", "channel=online", "channel=other")
    assert ready[:, 1:].tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert columns.sources == (0, 1, 1, 1)
    unseen = columns.apply(np.array([[1.0, 2]], dtype=np.float32))
    assert unseen[0, 1:].tolist() == [0, 0, 1]


def test_numbers_are_standardized_scaled_logged_and_clipped(coded: UseCase) -> None:
    rows = [[float(it), 0] for it in (-4, 0, 4, 8)]
    assert learn(coded, Transform(function="standardize", of=("amount",)), rows=rows)[1][:, 0] == pytest.approx(
        (np.array([-4, 0, 4, 8]) - 2) / np.std([-4, 0, 4, 8])
    )
    assert learn(coded, Transform(function="scale", of=("amount",)), rows=rows)[1][:, 0] == pytest.approx(
        [0, 1 / 3, 2 / 3, 1]
    )
    logged = learn(coded, Transform(function="log1p", of=("amount",)), rows=rows)[1][:, 0]
    assert logged == pytest.approx([-np.log(5), 0, np.log(5), np.log(9)])
    clipped = learn(coded, Transform(function="clip", of=("amount",), low=0.25, high=0.75), rows=rows)[1][:, 0]
    assert clipped == pytest.approx([-1, 0, 4, 5])


def test_a_column_of_one_value_or_of_none_survives_every_transform(coded: UseCase) -> None:
    transforms = (IMPUTE, Transform(function="clip"), STANDARDIZE, Transform(function="scale"))
    _, ready = learn(coded, *transforms, rows=[[5.0, NAN], [5.0, NAN]])
    assert np.isfinite(ready).all()


def test_transforms_are_learned_once_and_read_from_the_artifacts_json(coded: UseCase) -> None:
    transforms = (Transform(function="one_hot"), IMPUTE, Transform(function="log1p"), STANDARDIZE)
    columns, ready = learn(coded, *transforms, rows=ROWS)
    again = Columns.read(json.loads(json.dumps(columns.document)))
    assert again == Columns.read(columns.document)
    assert (again.apply(np.array(ROWS, dtype=np.float32)) == ready).all()
    assert np.isfinite(ready).all()


def test_transforms_are_learned_from_training_rows_only(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    usecase = replace(fraud, model=MODELS["linear"])
    frame = pd.read_parquet(trained.splits / "validation")
    (tmp_path / "foreign").mkdir()
    frame.assign(amount=frame["amount"] * 1_000).to_parquet(tmp_path / "foreign" / "part.parquet")
    own = places(trained, tmp_path / "own")
    learned = train.train(usecase, {}, "v1", own)["columns"]
    foreign = replace(own, validation=tmp_path / "foreign", model=tmp_path / "model")
    assert train.train(usecase, {}, "v1", foreign)["columns"] == learned
    (moved,) = [it for it in learned["steps"] if it["function"] == "move"]
    amounts = pd.read_parquet(trained.splits / "train")["amount"]
    clipped = amounts.clip(*amounts.quantile([CLIP.low, CLIP.high]))
    assert moved["shift"][0] == pytest.approx(clipped.mean(), rel=1e-3)
