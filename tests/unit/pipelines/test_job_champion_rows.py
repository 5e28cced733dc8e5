"""A champion of another time or other features: which rows both are compared on, and when they are too few."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from job_runs import DAY
from judged_candidates import failed, judged

from headrace.usecase import Limits, UseCase
from pipelines.jobs import evaluate
from pipelines.jobs.judging.evidence import Evidence


def changed_champion(champion: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    shutil.copytree(champion / "model", folder / "other")
    about = json.loads((folder / "other" / "headrace.json").read_text())
    change(about)
    for part in ("", "judged"):
        (folder / "other" / part / "headrace.json").write_text(json.dumps(about))
    return folder / "other"


@pytest.mark.parametrize(("deviation", "passed"), [(0.04, True), (0.02, False)])
def test_a_gap_counts_only_beyond_the_noise_of_the_validation_rows(
    champion: Path, fraud: UseCase, tmp_path: Path, *, deviation: float, passed: bool
) -> None:
    """A gap of .3 with a limit of .25: at 95 % confidence the noise is 1.645 deviations, .066 or .033."""

    def apart(about: dict[str, Any]) -> None:
        for split, value in (("train", 0.9), ("validation", 0.6)):
            about["metrics"][split]["average_precision"] = value
        about["deviations"]["average_precision"] = deviation

    other, limits = changed_champion(champion, tmp_path, apart), Limits(gap=0.25)
    usecase = replace(fraud, model=replace(fraud.model, limits=limits))
    found = evaluate.evaluate(usecase, other, champion / "test", resamples=20, seed=7)
    assert ("gap" not in failed(found)) is passed


def test_only_rows_later_than_what_both_have_learned_from_are_compared(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    times = pd.read_parquet(champion / "test")["timestamp"]
    until = pd.Timestamp(times.min() + 3 * DAY, unit="s")

    def younger(about: dict[str, Any]) -> None:
        about["data"]["validation"]["last"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")

    other = changed_champion(champion, tmp_path, younger)
    comparison = judged(fraud, champion, champion=other)["evaluation"]["headrace"]["champion"]
    assert comparison["rows"] == (times > until.timestamp()).sum() < len(times)


def test_rows_of_dealt_entities_are_compared_though_the_challenger_has_learned_from_others_of_their_time(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    times = pd.read_parquet(champion / "test")["timestamp"]
    newest = pd.Timestamp(times.max(), unit="s").strftime("%Y-%m-%dT%H:%M:%SZ")
    younger = changed_champion(champion, tmp_path, lambda about: about["data"]["validation"].update(last=newest))
    compared = {}
    for split in ("time", "stratified"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "data_manifest.json").write_text(json.dumps({"split": split}))
        given = Evidence(champion=champion / "model", manifest=tmp_path / split)
        found = evaluate.evaluate(fraud, younger, champion / "test", resamples=20, seed=7, evidence=given)
        compared[split] = found["evaluation"]["headrace"]["champion"].get("rows")
    assert compared == {"time": None, "stratified": len(times)}


def verdict_next_to(champion: Path, usecase: UseCase, other: Path) -> dict[str, Any]:
    """The gate of a candidate next to a champion in that folder."""
    gates = judged(usecase, champion, champion=other)["gates"]["gates"]
    (verdict,) = [it for it in gates if it["name"] == "champion"]
    return dict(verdict)


def test_a_champion_whose_features_are_gone_does_not_stop_a_candidate(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    other = changed_champion(champion, tmp_path, lambda about: about.update(features=["amount", "shoe_size"]))
    verdict = verdict_next_to(champion, fraud, other)
    assert verdict["passed"]
    assert "asks for shoe_size" in verdict["reason"]


def test_a_candidate_of_rows_that_the_champion_has_learned_from_is_stopped(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    """Nothing shows that it is not worse: a stale training set must not replace a model of newer rows."""
    last = "2030-01-01T00:00:00Z"
    other = changed_champion(champion, tmp_path, lambda about: about["data"]["validation"].update(last=last))
    verdict = verdict_next_to(champion, fraud, other)
    assert not verdict["passed"]
    assert "0 rows with 0 positives are new to both, and 10 positives are needed: give newer" in verdict["reason"]


def test_a_champion_is_not_compared_on_fewer_positives_than_judge_a_model(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    rows = pd.read_parquet(champion / "test")
    until = pd.Timestamp(rows.loc[rows["label"] == 1, "timestamp"].nlargest(4).min(), unit="s")

    def younger(about: dict[str, Any]) -> None:
        about["data"]["validation"]["last"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")

    found = judged(fraud, champion, champion=changed_champion(champion, tmp_path, younger))
    assert "with 3 positives are new to both" in failed(found)["champion"]
    few = replace(fraud, model=replace(fraud.model, limits=Limits(positives=3)))
    assert "champion" not in failed(judged(few, champion, champion=tmp_path / "other"))
