"""A candidate that treats a group worse is stopped; a group of few rows gets no verdict."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from job_runs import Trained
from judged_candidates import candidate, failed

from headrace.usecase import Facet, UseCase


def with_facet(usecase: UseCase, **changes: Any) -> UseCase:
    facet = Facet(**{"field": "is_night", "at_least": 2.0, "favourable": 1, "minimum_rows": 50, **changes})
    return replace(usecase, model=replace(usecase.model, facets=(facet,)))


def test_a_candidate_that_treats_a_group_worse_is_stopped(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    def favour(_: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(label=((frame["label"] == 1) | (frame["is_night"] < 1)).astype("int8"))

    found = candidate(trained, with_facet(fraud), tmp_path, favour)
    assert "DI for is_night >= 2 has the 95 % interval" in failed(found)["bias_is_night_DI"]
    assert "beyond 0.8 to 1.25" in failed(found)["bias_is_night_DI"]
    assert found["bias"]["headrace"]["facets"][0]["metrics"]["DPL"] > 0.2


def test_a_group_with_few_rows_gets_no_verdict(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    found = candidate(trained, with_facet(fraud, minimum_rows=100_000), tmp_path)
    (verdict,) = [it for it in found["gates"]["gates"] if it["name"] == "bias_is_night_DI"]
    assert verdict["passed"]
    assert verdict["reason"].endswith("too few rows for a verdict")


def test_labels_of_groups_are_those_of_the_training_rows(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    found = candidate(trained, with_facet(fraud), tmp_path)["bias"]
    frame = pd.read_parquet(trained.splits / "train")
    night = frame["is_night"] >= 2
    imbalance = ((~night).sum() - night.sum()) / len(frame)
    metrics = found["headrace"]["facets"][0]["metrics"]
    assert metrics["CI"] == pytest.approx(imbalance, abs=1e-6)
    assert metrics["DPL"] == pytest.approx(frame["label"][~night].mean() - frame["label"][night].mean(), abs=1e-6)
