"""Spark, one machine and the stream compute one thing: every function, all cases in one job."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import case_world
import numpy as np
import pandas as pd
import pytest
from case_world import DAY_S, DAYS, FIRST_DAY, World
from stream_twin import StreamTwin

from headrace.windows_columnar import training_frame
from pipelines.glue.engine import SparkEngine
from pipelines.training_set import Built, Folder, Order, build

USECASE = case_world.use_case()
CASES = 700
SCALAR_CASES = 150
EXACT = (
    "count",
    "distinct",
    "is_new",
    "last",
    "min",
    "max",
    "p10",
    "p50",
    "p90",
    "time_since_last",
    "time_since_first",
    "time_since_true",
    "session_length",
)


def order(name: str, **changed: Any) -> Order:
    until = FIRST_DAY + DAYS
    it = Order(usecase=USECASE, name=name, since=FIRST_DAY, until=until, labels_until=until * DAY_S, longest_stretch=2)
    return replace(it, **changed)


@pytest.fixture(scope="module")
def world() -> World:
    return case_world.world(cases=CASES, seed=11)


@pytest.fixture(scope="module")
def lake(world: World, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = tmp_path_factory.mktemp("lake")
    case_world.put(folder, world, seed=3)
    return Folder(folder)


@pytest.fixture(scope="module")
def on_one_machine(lake: Folder) -> Built:
    return build(lake, order("machine"))


@pytest.fixture(scope="module")
def on_spark(lake: Folder, session: Any) -> Built:
    return build(lake, order("spark"), engine=SparkEngine(session))


def rows(lake: Folder, built: Built) -> pd.DataFrame:
    folder = lake.root / "training" / built.manifest["set"]
    files = [folder / it["file"] for date in built.manifest["dates"] for it in date["files"]]
    return pd.concat([pd.read_parquet(it) for it in files], ignore_index=True)


def without_name(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: it for name, it in manifest.items() if name != "set"}


def test_spark_writes_the_bytes_that_one_machine_writes(on_one_machine: Built, on_spark: Built) -> None:
    assert on_spark.manifest["rows"] > 15_000
    assert without_name(on_spark.manifest) == without_name(on_one_machine.manifest)


def test_the_manifest_names_the_bytes_that_are_there(lake: Folder, on_spark: Built) -> None:
    assert json.loads((lake.root / "training/spark/manifest.json").read_text()) == on_spark.manifest


def test_days_and_stretches_leave_no_trace_in_the_values(lake: Folder, on_spark: Built, world: World) -> None:
    found = rows(lake, on_spark).set_index("event_id")
    whole = training_frame(USECASE, world.events, world.labels).set_index("event_id").loc[found.index]
    for name in USECASE.feature_names:
        assert np.array_equal(found[name].to_numpy(), whole[name].to_numpy(), equal_nan=True), name


def test_the_stream_computes_the_same(lake: Folder, on_spark: Built, world: World) -> None:
    def own(table: pd.DataFrame) -> list[dict[str, Any]]:
        chosen = table[table["event_id"].str[:4].astype(int) < SCALAR_CASES]
        return [{name: _plain(it) for name, it in row.items()} for row in chosen.to_dict("records")]

    found = rows(lake, on_spark).set_index("event_id")
    streamed = StreamTwin(USECASE).vectors(own(world.events), own(world.labels))
    exact = {it.name for it in USECASE.window_features if it.function in EXACT and it.source == "events"}
    vectors = pd.DataFrame.from_dict(streamed, orient="index", columns=list(USECASE.feature_names), dtype="float64")
    batch = found.loc[found.index.intersection(vectors.index)]
    vectors = vectors.loc[batch.index]
    assert len(batch) > 4_000
    for name in USECASE.feature_names:
        ours, theirs = batch[name].to_numpy(), vectors[name].to_numpy()
        if name in exact:
            assert np.array_equal(ours, theirs, equal_nan=True), name
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-6, err_msg=name)


def test_a_second_run_on_spark_computes_nothing(lake: Folder, session: Any, on_spark: Built) -> None:
    again = build(lake, order("spark"), engine=SparkEngine(session))
    assert again.computed == {}
    assert again.manifest == on_spark.manifest


def test_copies_are_dropped_and_files_split_alike(tmp_path: Path, session: Any) -> None:
    small = case_world.world(cases=20, seed=5)
    case_world.put(tmp_path, small, seed=6)
    case_world.put_events(tmp_path, small.events.iloc[::7], name="copies", first=1_000_000)
    case = case_world.use_case(shapes=case_world.SHAPES[:1], drop_duplicates=True)
    changes: dict[str, Any] = {"usecase": case, "parts": 3}
    lake = Folder(tmp_path)
    machine = build(lake, order("machine", **changes))
    spark = build(lake, order("spark", **changes), engine=SparkEngine(session))
    assert without_name(spark.manifest) == without_name(machine.manifest)
    assert max(len(it["files"]) for it in spark.manifest["dates"]) == 3
    copies_count = case_world.use_case(shapes=case_world.SHAPES[:1])
    plain = rows(lake, build(lake, order("plain", usecase=copies_count)))
    assert plain["customer_r1s_d0s_count_90s"].sum() > rows(lake, machine)["customer_r1s_d0s_count_90s"].sum()


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value
