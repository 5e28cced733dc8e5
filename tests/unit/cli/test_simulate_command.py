"""Simulated events as a file that the other commands read."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cli.main import app

DAYS = ["--days", "4", "--per-day", "200", "--start", "2026-03-02"]


def run(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["simulate", *DAYS, *arguments])
    return answer.exit_code, answer.output


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_events_are_written_with_their_truth(tmp_path: Path, ending: str) -> None:
    out = tmp_path / "new" / f"events.{ending}"
    code, printed = run("--out", str(out), "--json")
    assert code == 0, printed
    frame = pd.read_parquet(out) if ending == "parquet" else pd.read_csv(out)
    found = json.loads(printed)
    assert (found["events"], found["positives"]) == (len(frame), frame["fraud"].sum())
    assert pd.Timestamp(frame["timestamp"].min(), unit="s").date().isoformat() == "2026-03-02"
    assert 600 < len(frame) < 1_000


def test_a_scenario_changes_events_from_its_moment_on_only(tmp_path: Path) -> None:
    for scenario in ("usual", "covariate"):
        out = str(tmp_path / f"{scenario}.parquet")
        assert run("--out", out, "--scenario", scenario, "--since", "2026-03-04")[0] == 0
    usual, dearer = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("usual", "covariate"))
    before = usual["timestamp"] < pd.Timestamp("2026-03-04").timestamp()
    assert usual[before].equals(dearer[before])
    assert dearer["amount"][~before].sum() == pytest.approx(1.4 * usual["amount"][~before].sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "events.xlsx"], "cannot write .xlsx; use .parquet or .csv"),
        (["--out", "events.csv", "--scenario", "war"], "there is no scenario 'war'"),
        (["--out", "events.csv", "--start", "soon"], "'soon' is not a date"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_one_line(arguments: list[str], words: str) -> None:
    code, printed = run(*arguments)
    assert code == 2
    assert words in printed
