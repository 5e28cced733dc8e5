"""``headrace evolve``: what it shows, what it writes, and when it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import usecases
from cli.main import app
from headrace.evolution import compare
from headrace.usecase import UseCase, Window
from stacks import recorded

FRAUD = usecases.load("fraud")
NEW = Window(entity="customer", function="min", over="amount", lengths=("7d",))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "recorded")
    return recorded.FOLDER


def run(monkeypatch: pytest.MonkeyPatch, usecase: UseCase, *options: str) -> Result:
    monkeypatch.setattr(usecases, "load", lambda _: usecase)
    return CliRunner().invoke(app, ["evolve", "fraud", *options])


def test_the_record_of_the_shipped_use_case_is_up_to_date() -> None:
    record = recorded.load("fraud")
    assert record is not None
    assert compare(record, FRAUD).recorded, "run `headrace evolve fraud`"


def test_the_first_time_it_records_everything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, FRAUD, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["new"] == list(FRAUD.feature_names)
    assert document["written"] == str(folder / "fraud.json")
    assert recorded.load("fraud") == compare(None, FRAUD).after


def test_a_second_time_it_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, FRAUD)
    document = json.loads(run(monkeypatch, FRAUD, "--json").stdout)
    assert (document["new"], document["written"], document["next"]) == ([], None, [])


def test_an_addition_is_recorded_and_models_keep_working(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, FRAUD)
    result = run(monkeypatch, replace(FRAUD, windows=(*FRAUD.windows, NEW)))
    assert result.exit_code == 0
    shown = " ".join(result.stderr.split())
    assert "new customer_amount_min_7d" in shown
    assert "every model keeps working" in shown
    assert "next 1 commit" in shown
    assert recorded.load("fraud").names()[-1] == "customer_amount_min_7d"


def test_a_removal_is_refused_in_one_line_and_nothing_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, FRAUD)
    before = (folder / "fraud.json").read_bytes()
    result = run(monkeypatch, replace(FRAUD, windows=FRAUD.windows[1:]), "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert document["allowed"] is False
    assert len(document["refusals"]) == 3
    assert result.stderr.startswith("headrace: features[customer_count_1d]: was deployed and is gone")
    assert (folder / "fraud.json").read_bytes() == before


def test_a_raised_version_names_the_models_that_lose_a_feature(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, FRAUD)
    raised = replace(FRAUD, windows=FRAUD.windows[1:], version=2)
    document = json.loads(run(monkeypatch, raised, "--json").stdout)
    assert document["removed"] == [f"customer_count_{days}" for days in ("1d", "7d", "30d")]
    assert "no longer get what they learned from in customer_count_1d" in document["models"]
    assert "--retire" in document["next"][-1]
    assert [group.version for group in recorded.load("fraud").kept] == [1]
    assert run(monkeypatch, raised, "--retire", "1").exit_code == 0
    assert recorded.load("fraud").kept == ()
    assert run(monkeypatch, raised, "--retire", "1").exit_code == 2
