"""Preprocess cuts in time, leaves out the warm-up, and refuses what cannot be learned from, naming the fix."""

import hashlib
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from job_runs import DAY, MakeTrainingSet, Trained, write_training_set
from preprocess_run import run

from headrace.usecase import Facet, Field, UseCase
from pipelines.jobs import preprocess
from pipelines.jobs.splits import NAMES, Cut, deal, first_row, gaps_s, splits, warm_up_s


def test_splits_are_apart_in_time_and_in_order(trained: Trained) -> None:
    frames = [pd.read_parquet(trained.splits / name) for name in NAMES]
    assert all(frame["timestamp"].is_monotonic_increasing for frame in frames)
    assert all(early["timestamp"].max() < late["timestamp"].min() for early, late in pairwise(frames))


def test_every_row_after_the_warm_up_is_in_one_split_or_in_a_gap(
    trained: Trained, make_training_set: MakeTrainingSet, fraud: UseCase
) -> None:
    frame = make_training_set()
    after = frame[frame["timestamp"] >= frame["timestamp"].min() + warm_up_s(fraud)]
    parts = [pd.read_parquet(trained.splits / name) for name in NAMES]
    left_out = after[~after["event_id"].isin(pd.concat(parts)["event_id"])]
    gaps = [
        ((left_out["timestamp"] > early["timestamp"].max()) & (left_out["timestamp"] < late["timestamp"].min()))
        for early, late in pairwise(parts)
    ]
    assert (gaps[0] | gaps[1]).all()
    assert sum(map(len, parts)) + len(left_out) == len(after) < len(frame)


def test_labels_mature_between_the_splits(trained: Trained, fraud: UseCase) -> None:
    parts = [pd.read_parquet(trained.splits / name)["timestamp"] for name in NAMES]
    apart = [int(late.min() - early.max()) for early, late in pairwise(parts)]
    assert min(apart) >= fraud.label.delay_s
    assert trained.manifest["gaps"]["between_splits_s"] == apart
    assert trained.manifest["gaps"]["labels_mature_s"] == fraud.label.delay_s


def test_the_gap_before_validation_is_given_up_first_where_too_little_would_be_left_to_train_on() -> None:
    timestamps = np.arange(0, 40 * DAY, 600)
    wide = list(splits(timestamps, Cut(gap_s=7 * DAY)))
    assert gaps_s(timestamps, wide) == [600, 7 * DAY + 600]
    assert list(splits(timestamps, Cut(gap_s=7 * DAY, train_at_least=0.2))) != wide
    assert gaps_s(timestamps, list(splits(timestamps, Cut(gap_s=20 * DAY)))) == [600, 600]


def test_without_a_gap_splits_follow_each_other() -> None:
    parts = list(splits(np.arange(1_000), Cut()))
    assert [(it.start, it.stop) for it in parts] == [(0, 700), (700, 850), (850, 1_000)]


def test_a_stratified_split_deals_whole_entities_with_the_same_share_of_positives() -> None:
    rng = np.random.default_rng(3)
    entities = rng.integers(0, 3_000, 20_000).astype(str)
    labels = np.isin(entities, rng.choice(3_000, 300, replace=False).astype(str)) & (rng.random(20_000) < 0.7)
    order, parts = deal(entities, labels.astype(np.int8), Cut())
    rows = [order[it.start : it.stop] for it in parts]
    assert sorted(np.concatenate(rows)) == list(range(20_000))
    owners = [set(entities[it]) for it in rows]
    assert not owners[0] & owners[1] and not owners[1] & owners[2] and not owners[0] & owners[2]
    assert [len(it) / 20_000 for it in rows] == pytest.approx([0.7, 0.15, 0.15], abs=0.01)
    assert [labels[it].mean() for it in rows] == pytest.approx([labels.mean()] * 3, rel=0.1)
    assert all((np.diff(it) > 0).all() for it in rows)


def test_a_use_case_without_an_order_that_matters_is_split_stratified(
    fraud: UseCase, make_training_set: MakeTrainingSet, tmp_path: Path
) -> None:
    usecase = replace(fraud, model=replace(fraud.model, split="stratified"))
    write_training_set(make_training_set(), tmp_path / "in")
    manifest = preprocess.preprocess(usecase, tmp_path / "in", tmp_path / "out", Cut(minimum_positives=5, dealt=True))
    frames = [pd.read_parquet(tmp_path / "out" / name) for name in NAMES]
    assert not set(frames[0]["customer_id"]) & set(frames[2]["customer_id"])
    assert frames[2]["timestamp"].min() < frames[0]["timestamp"].max()
    assert manifest["split"] == "stratified"
    assert sum(it["rows"] for it in manifest["splits"].values()) == 4_000


def test_fields_of_facets_travel_with_the_rows(
    fraud: UseCase, make_training_set: MakeTrainingSet, tmp_path: Path
) -> None:
    event = replace(fraud.event, fields=(*fraud.event.fields, Field(name="region", type="string", required=False)))
    facets = (Facet(field="region", values=("north",)),)
    usecase = replace(fraud, event=event, model=replace(fraud.model, facets=facets))
    frame = make_training_set()
    frame["region"] = np.where(frame.index % 3, "north", None)
    write_training_set(frame, tmp_path / "in")
    preprocess.preprocess(usecase, tmp_path / "in", tmp_path / "out", Cut())
    found = pd.read_parquet(tmp_path / "out" / "train").set_index("event_id")["region"]
    expected = frame.set_index("event_id")["region"].loc[found.index]
    assert found.isna().sum() == expected.isna().sum() > 0
    assert (found.dropna() == "north").all()


def test_rows_keep_their_values(trained: Trained, make_training_set: MakeTrainingSet) -> None:
    found = pd.concat(pd.read_parquet(trained.splits / name) for name in NAMES).set_index("event_id")
    expected = make_training_set().set_index("event_id").loc[found.index]
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_the_warm_up_lasts_until_the_longest_delayed_window_is_full(fraud: UseCase) -> None:
    assert warm_up_s(fraud) == (30 + 7) * DAY


def test_the_warm_up_is_kept_where_too_few_rows_would_remain() -> None:
    timestamps = np.arange(0, 60 * DAY, 600)
    assert first_row(timestamps, Cut(warm_up_s=37 * DAY)) == 0
    assert first_row(timestamps, Cut(warm_up_s=37 * DAY, keep_at_least=0.3)) == 37 * DAY // 600


def test_rows_of_one_second_are_never_parted() -> None:
    timestamps = np.repeat(np.arange(20), 10)
    parts = list(splits(timestamps, Cut(validation_fraction=0.22, test_fraction=0.13)))
    edges = [part.start for part in parts[1:]]
    assert all(timestamps[edge - 1] < timestamps[edge] for edge in edges)
    assert [part.stop for part in parts[:-1]] == edges


def test_the_manifest_tells_what_was_read_and_what_was_made(trained: Trained) -> None:
    manifest = trained.manifest
    files = sorted((trained.root / "data").iterdir())
    assert [it["sha256"] for it in manifest["inputs"]] == [hashlib.sha256(f.read_bytes()).hexdigest() for f in files]
    for name in NAMES:
        frame = pd.read_parquet(trained.splits / name)
        first = pd.Timestamp(frame["timestamp"].iloc[0], unit="s").strftime("%Y-%m-%dT%H:%M:%SZ")
        assert manifest["splits"][name]["first"] == first
        assert manifest["splits"][name]["rows"] == len(frame)
        assert manifest["splits"][name]["positives"] == frame["label"].sum()
    made = sum(it["rows"] for it in manifest["splits"].values())
    left_out = manifest["warm_up"]["rows_left_out"] + manifest["gaps"]["rows_left_out"]
    assert manifest["rows"] == made + left_out == 4_000
    assert manifest["completeness"]["terminal_count_30d"] == pytest.approx(0.9, abs=0.02)


def test_the_result_does_not_depend_on_how_rows_lie_in_files(
    make_training_set: MakeTrainingSet, tmp_path: Path
) -> None:
    frame = make_training_set()
    shuffled = frame.sample(frac=1, random_state=2)
    assert run(frame, tmp_path / "a") == run(shuffled, tmp_path / "b") == ""
    for name in NAMES:
        one, other = (next((tmp_path / it / "out" / name).iterdir()).read_bytes() for it in ("a", "b"))
        assert one == other


def test_a_training_because_of_drift_deals_customers_so_that_newest_rows_are_learned_and_judge(
    make_training_set: MakeTrainingSet, tmp_path: Path
) -> None:
    source = write_training_set(make_training_set(), tmp_path / "in")
    newest = {}
    for reason in ("schedule", "drift"):
        out = tmp_path / reason
        given = ["--usecase", "fraud", "--input", str(source), "--output", str(out), "--reason", reason]
        assert preprocess.main([*given, "--reason-file", str(tmp_path / "message")]) == 0
        frames = {name: pd.read_parquet(out / name) for name in ("train", "validation", "test")}
        newest[reason] = frames["train"]["timestamp"].max() >= frames["test"]["timestamp"].quantile(0.99)
        manifest = json.loads((out / "manifest" / "data_manifest.json").read_text())
        assert manifest["split"] == {"schedule": "time", "drift": "stratified"}[reason]
    assert newest == {"schedule": False, "drift": True}
    dealt = [set(frame["customer_id"]) for frame in frames.values()]
    assert sum(map(len, dealt)) == len(set.union(*dealt)), "a customer is in two splits"
