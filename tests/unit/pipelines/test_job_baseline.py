"""The baseline's documents: statistics of what was learned and of what is served."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from job_runs import Trained

from headrace.drift import documents, summarize
from headrace.drift.numbers import Numbers
from headrace.monitoring import NATIVE_CONSTRAINTS, NATIVE_STATISTICS
from headrace.usecase import UseCase
from pipelines.jobs import baseline, inference
from pipelines.jobs.native_records import preprocess_handler


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


def asked(rows: pd.DataFrame, usecase: UseCase, text: str) -> list[dict[str, object]]:
    """Rows as a native monitor gets them from captured calls, in which a text is its position, a whole number."""
    flat = []
    for row in rows[list(usecase.feature_names)].replace({np.nan: None}).to_dict("records"):
        body = json.dumps({"instances": [{**row, text: int(row[text])}]})
        answer = json.dumps({"predictions": [{"score": 0.5}]})
        record = SimpleNamespace(
            endpoint_input=SimpleNamespace(data=body), endpoint_output=SimpleNamespace(data=answer)
        )
        flat += preprocess_handler(record)
    return flat


def test_native_monitors_get_a_baseline_of_what_capture_holds_where_texts_are_positions(
    trained: Trained, fraud: UseCase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(baseline, "texts_of", lambda _: {"is_night": ("day", "night")})
    frame = pd.read_parquet(trained.splits / "all")
    frame["is_night"] = (frame["is_night"] > frame["is_night"].median()).astype(float)
    (tmp_path / "all").mkdir()
    frame.to_parquet(tmp_path / "all" / "part-0.parquet")
    found = baseline.baseline(fraud, trained.model, tmp_path / "all", trained.splits / "test")
    ours, theirs = (
        {it["name"]: it for it in found[name]["features"]} for name in (documents.CONSTRAINTS, NATIVE_CONSTRAINTS)
    )
    assert list(ours) == list(theirs) == [*fraud.feature_names, "score"]
    assert {name for name in ours if ours[name] != theirs[name]} == {"is_night"}
    assert ours["is_night"]["string_constraints"] == {"domains": ["day", "night"]}
    assert (theirs["is_night"]["inferred_type"], "string_constraints" in theirs["is_night"]) == ("Integral", False)
    (night,) = [it for it in found[NATIVE_STATISTICS]["features"] if it["name"] == "is_night"]
    assert night["numerical_statistics"]["mean"] == pytest.approx(frame["is_night"].mean())
    captured = summarize(pd.DataFrame(asked(frame.head(300), fraud, "is_night")).to_dict("series"))
    assert captured.columns["is_night"].inferred_type == theirs["is_night"]["inferred_type"]


def test_without_texts_there_is_one_baseline_for_both_engines(trained: Trained, fraud: UseCase) -> None:
    found = baseline.baseline(fraud, trained.model, trained.splits / "all", trained.splits / "test")
    assert not {NATIVE_STATISTICS, NATIVE_CONSTRAINTS} & found.keys()
