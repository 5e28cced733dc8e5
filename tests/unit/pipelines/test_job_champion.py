"""A challenger is compared with the champion on the same rows, with the noise of both."""

from dataclasses import replace
from pathlib import Path

import pytest
from job_runs import Trained
from judged_candidates import candidate, failed, judged

from headrace.usecase import Limits, UseCase


def test_a_floor_does_not_keep_a_champion_that_is_below_it_as_well(
    champion: Path, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    found = judged(fraud, champion, champion=champion / "model", floors={"average_precision": 0.999})
    (floor,) = [it for it in found["gates"]["gates"] if it["name"] == "floor_average_precision"]
    assert floor["passed"], "on the same rows the champion has the same figure"
    assert "so is the champion with" in floor["reason"]
    candidate(trained, fraud, tmp_path, num_round=1, max_depth=1)
    worse = judged(fraud, tmp_path, champion=champion / "model", floors={"average_precision": 0.999})
    assert list(failed(worse)) == ["champion"]


def test_a_challenger_that_is_worse_than_the_champion_is_stopped(
    champion: Path, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    candidate(trained, fraud, tmp_path, num_round=1, max_depth=1)
    found = judged(fraud, tmp_path, champion=champion / "model")
    figures = found["evaluation"]["headrace"]["champion"]["metrics"]["average_precision"]
    assert figures["difference"] == pytest.approx(figures["challenger"] - figures["champion"], abs=2e-6)
    assert figures["interval"][0] <= figures["at_least"] < figures["difference"] < 0
    surer = replace(fraud, model=replace(fraud.model, limits=Limits(confidence=0.999)))
    again = judged(surer, tmp_path, champion=champion / "model")["evaluation"]["headrace"]["champion"]
    assert again["metrics"]["average_precision"]["at_least"] < figures["at_least"]
    assert "the champion candidate has" in failed(found)["champion"]
    assert f"may be worse by {-figures['at_least']:.4f} with 95% confidence" in failed(found)["champion"]


def test_the_champion_against_itself_is_no_worse(champion: Path, fraud: UseCase) -> None:
    found = judged(fraud, champion, champion=champion / "model")
    comparison = found["evaluation"]["headrace"]["champion"]
    assert "champion" not in failed(found)
    assert all(it["interval"] == [0, 0] for it in comparison["metrics"].values())
    assert comparison["costs"][0] == comparison["costs"][1]


def test_a_margin_decides_how_much_worse_is_too_much(
    champion: Path, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    candidate(trained, fraud, tmp_path, num_round=1, max_depth=1)
    lenient = replace(fraud, model=replace(fraud.model, limits=Limits(worse_than_champion=1.0)))
    assert "champion" not in failed(judged(lenient, tmp_path, champion=champion / "model"))


@pytest.mark.parametrize("made", [True, False])
def test_without_a_champion_there_is_no_comparison(made: bool, champion: Path, fraud: UseCase, tmp_path: Path) -> None:
    if made:
        (tmp_path / "none").mkdir()
    found = judged(fraud, champion, champion=tmp_path / "none")
    assert found["evaluation"]["headrace"]["champion"] is None
    assert "champion" not in {it["name"] for it in found["gates"]["gates"]}
