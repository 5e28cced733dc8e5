"""The demo's stories, told by the deployed loop: what it must do by itself, and what it must leave alone."""

import io
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.demo import Options, demo

LOOP = ("drift_at", "detected_at", "decided_at", "retrained_at", "promoted_at", "recovered_at")


def told(scenario: str, out: Path, usecase: str = "fraud") -> dict[str, Any]:
    demo(Options(usecase=usecase, seed=7, out=out, scenario=scenario), Console(file=io.StringIO()))
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    assert summary["failures"] == []
    assert summary["unaccounted"] == 0
    assert summary["events_sent"] >= summary["predictions"]
    return summary


def actions(summary: dict[str, Any]) -> list[str]:
    return [it["action"] for it in summary["audit"]]


@pytest.mark.stories
def test_when_thieves_change_their_ways_the_loop_finds_out_trains_and_recovers_by_itself(tmp_path: Path) -> None:
    summary = told("concept", tmp_path)
    moments = [summary["loop"][name] for name in LOOP]
    assert None not in moments
    assert all(earlier <= later for earlier, later in itertools.pairwise(moments))
    quality = summary["quality"]
    assert quality["during"] < quality["before"] / 2
    assert quality["after"] >= 0.9 * quality["before"] > quality["without_reaction"]
    assert summary["money"]["saved"] > 0
    assert "retrain" in actions(summary)
    assert "roll_back" not in actions(summary)
    assert (tmp_path / "index.html").stat().st_size > 50_000


@pytest.mark.stories
@pytest.mark.parametrize("scenario", ["none", "seasonal"])
def test_nothing_is_trained_when_nothing_changes_but_the_day_of_the_week(scenario: str, tmp_path: Path) -> None:
    summary = told(scenario, tmp_path)
    assert not {"retrain", "freeze", "roll_back", "escalate"} & set(actions(summary))
    assert {summary["loop"][name] for name in LOOP if name not in {"detected_at", "decided_at"}} == {None}


@pytest.mark.stories
def test_broken_data_call_a_person_and_freeze_promotion_and_train_nothing(tmp_path: Path) -> None:
    summary = told("upstream-break", tmp_path)
    assert "freeze" in actions(summary)
    assert "retrain" not in actions(summary)
    assert summary["loop"]["detected_at"] > summary["loop"]["drift_at"]
    assert any("amount" in it["reason"] for it in summary["audit"] if it["action"] == "freeze")


@pytest.mark.stories
def test_a_flash_sale_is_told_and_trains_nothing(tmp_path: Path) -> None:
    summary = told("flash-sale", tmp_path)
    assert "notify" in actions(summary)
    assert not {"retrain", "freeze", "roll_back"} & set(actions(summary))


@pytest.mark.stories
def test_a_recession_trains_in_its_third_night_and_promotes_nothing_without_a_person(tmp_path: Path) -> None:
    summary = told("recession", tmp_path, usecase="loans")
    loop = summary["loop"]
    assert loop["drift_at"] < loop["detected_at"] < loop["decided_at"] < loop["retrained_at"]
    (trained,) = [it["reason"] for it in summary["audit"] if it["action"] == "retrain"]
    assert "income" in trained
    assert trained.endswith("for 3 windows")
    (fourth,) = [it for it in summary["audit"] if it["reason"].endswith("for 4 windows")]
    assert fourth["action"] == "notify"
    assert "waits for a person's approval since" in fourth["reason"]
    assert loop["promoted_at"] is None
    assert "waits for a person" in (tmp_path / "index.html").read_text()


@pytest.mark.stories
def test_a_sale_is_no_broken_data_and_no_new_model_takes_over_that_is_not_better(tmp_path: Path) -> None:
    summary = told("sale", tmp_path, usecase="shop")
    assert summary["loop"]["drift_at"] < summary["loop"]["detected_at"] < summary["loop"]["decided_at"]
    assert "freeze" not in actions(summary)
    ended = [it["outcome"].partition(" ")[0] for it in summary["audit"] if it["action"] == "retrain"]
    assert ended[0] == "refused"
    # With the days a challenger may prove itself: then it waits for a person, and no training follows.
    assert set(ended[1:-1]) <= {"refused"}
    waits = any("v2 waits for a person's approval" in it["reason"] for it in summary["audit"])
    assert ended[-1] == ("succeeded" if waits else "refused")
    assert summary["served_package"] == summary["model_package"]
