"""``headrace backtest`` on the command line: what it prints, writes and refuses, and how it ends."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from backtest_world import FROM, USECASE, stored, world
from typer.testing import CliRunner, Result

import usecases
from cli.backtest.walk import Walk
from cli.main import app
from headrace.usecase import Gate

DAYS = ("--from", "2026-02-10", "--until", "2026-02-17")


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return world()


@pytest.fixture
def file(tmp_path: Path, events: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(usecases, "load", lambda _: USECASE)
    return stored(events, tmp_path)


def run(file: Path, *arguments: str) -> Result:
    out = str(file.parent / "out")
    return CliRunner().invoke(app, ["backtest", str(file), "--out", out, *arguments])


def test_json_is_the_summary_and_nothing_else_is_on_standard_output(file: Path) -> None:
    result = run(file, "--policy", "never,every:7d", *DAYS, "--json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary == json.loads((file.parent / "out" / "summary.json").read_text())
    assert [it["policy"] for it in summary["policies"]] == ["never", "every:7d"]
    assert summary["policies"][0]["total"] == summary["policies"][1]["total"]  # one week, one training


def test_the_page_shows_every_policy_and_links_every_candidates_report(file: Path) -> None:
    result = run(file, "--policy", "never", "--policy", "weekly", "--from", "2026-02-10")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    out = file.parent / "out"
    page = (out / "index.html").read_text()
    assert page.count("<svg") >= 3
    for words in ("never", "weekly", "the first model", "weekly: time is up", "customer precision@100"):
        assert words in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    links = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert len(links) == 1 + 3
    assert len(set(links)) == 3  # all begin with the same model, which is trained once
    assert all((out / link).is_file() for link in links)


@pytest.mark.parametrize("name", ["scores.csv", "new/scores.parquet"])
def test_predictions_hold_the_files_own_id_and_a_score(file: Path, events: pd.DataFrame, name: str) -> None:
    events.rename(columns={"event_id": "TX"}).astype({"TX": "int64"}).to_parquet(file, index=False)
    path = file.parent / name
    result = run(file, "--policy", "never", *DAYS, "--map", "event_id=TX", "--predictions", str(path))
    assert result.exit_code == 0, result.stderr
    found = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    assert found.dtypes.astype(str).to_dict() == {"TX": "int64", "score": "float64"}
    wanted = events[events["timestamp"].between(FROM, FROM + 7 * 86_400, inclusive="left")]
    assert sorted(found["TX"]) == sorted(wanted["event_id"].astype(int))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--policy", "monthly"), "--policy: there is no policy 'monthly'"),
        (("--policy", "never,weekly", "--predictions", "p.csv"), "--predictions: holds the scores of one policy"),
        (("--policy", "never", "--predictions", "p.txt"), "--predictions: cannot write p.txt"),
        (("--policy", "never", "--predictions", "/dev/null/p.csv"), "--predictions: /dev/null is no folder"),
        (("--policy", "never", "--delay", "week"), "--delay: wrong duration"),
        (("--policy", "never", "--step", "0d"), "--step: is no time at all"),
        (("--policy", "weekly", "--step", "14d"), "--policy: 'weekly' is due more often than it is asked"),
        (("--policy", "weekly", "--freeze-labels"), "--freeze-labels: would keep every training but the first"),
        (("--policy", "never", "--map", "labelled_at=X"), "--map: labelled_at belongs to a file of labels"),
    ],
)
def test_an_option_that_makes_no_sense_is_named_with_the_fix(
    file: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run(file, *DAYS, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (file.parent / "out").exists()


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (("--from", "2026-02-10", "--until", "2026-02-10"), "--until: is not after --from"),
        (("--from", "2027-01-01"), "--from: is after the last event"),
        (("--from", "2026-06-01", "--until", "2026-06-02"), "--from: no event lies between --from and --until"),
        (("--from", "2026-01-02"), "--from: no event is old enough to be learned from"),
        (("--from", "soon"), "--from: 'soon' is not a date"),
    ],
)
def test_a_time_without_events_is_refused(file: Path, days: tuple[str, ...], message: str) -> None:
    result = run(file, "--policy", "never", *days)
    assert result.exit_code == 2
    assert message in result.stderr


def test_files_without_labels_are_refused(file: Path, events: pd.DataFrame) -> None:
    events.drop(columns="fraud").to_parquet(file, index=False)
    result = run(file, "--policy", "never", *DAYS)
    assert result.exit_code == 2
    assert "the files have no label" in result.stderr


def test_without_any_model_it_fails_with_the_gates_reason_after_writing_what_it_knows(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(USECASE.model, gates=(Gate(metric="average_precision", minimum=1.0),))
    monkeypatch.setattr(usecases, "load", lambda _: replace(USECASE, model=strict))
    result = run(file, "--policy", "never", *DAYS)
    assert result.exit_code == 1
    assert "no candidate was deployed" in result.stderr
    assert "is below the floor of 1" in result.stderr
    page = (file.parent / "out" / "index.html").read_text()
    assert "No model was ever deployed" in page
    assert run(file, "--policy", "never", *DAYS, "--ignore-gates").exit_code == 0


def test_ctrl_c_ends_in_order_and_leaves_nothing_half_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    seen: list[int] = []

    def interrupted(self: Walk, now: int) -> str | None:
        if now == FROM:
            return None
        seen.append(len(list(scratch.rglob("*.parquet"))))
        raise KeyboardInterrupt

    monkeypatch.setattr(Walk, "_reason", interrupted)
    predictions = tmp_path / "scores.csv"
    predictions.write_text("earlier")
    result = run(file, "--policy", "weekly", "--from", "2026-02-10", "--predictions", str(predictions))
    assert result.exit_code == 130
    assert len(seen) == 1
    assert seen[0] > 0  # vectors were on disk when it was stopped
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "out").exists()
    assert predictions.read_text() == "earlier"
