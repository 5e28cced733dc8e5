"""The command: what it prints, where, and with which exit code."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import cli.demo
import cli.replay
import simulators
from cli import doctor
from cli.doctor import Finding
from cli.main import app
from cli.plan import Plan
from headrace.errors import RetryableError

START = 1_767_225_600
DAY_S = 86_400
MAP = "event_id=ID,timestamp=WHEN,customer_id=C,terminal_id=T,amount=EUR,label=BAD"


class PlannedError(Exception):
    """Carries the plan of a run that is not to be run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan


@pytest.fixture
def file(tmp_path: Path) -> Path:
    world = simulators.load("fraud")(start=START, days=20, per_day=20, seed=2)
    path = tmp_path / "events.csv"
    columns = {"event_id": "ID", "timestamp": "WHEN", "customer_id": "C", "terminal_id": "T", "amount": "EUR"}
    world = world.rename(columns={**columns, "fraud": "BAD"})
    world.assign(ID=range(len(world)), WHEN=pd.to_datetime(world["WHEN"], unit="s")).to_csv(path, index=False)
    return path


@pytest.fixture(autouse=True)
def never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(plan: Plan, _console: object) -> None:
        raise PlannedError(plan)

    monkeypatch.setattr(cli.replay, "run_loop", stop)


def replay(file: Path, *options: str) -> Result:
    window = () if "--from" in options else ("--from", "2026-01-15")
    until = () if "--until" in options else ("--until", "2026-01-18")
    return CliRunner().invoke(app, ["replay", str(file), "--map", MAP, *window, *until, *options])


def planned(file: Path, *options: str) -> Plan:
    caught = replay(file, *options).exception
    assert isinstance(caught, PlannedError), caught
    return caught.plan


def test_a_replay_splits_the_files_at_its_moments(file: Path) -> None:
    plan = planned(file)
    assert plan.at == START + 14 * DAY_S
    assert plan.history["timestamp"].max() < plan.at <= plan.events["timestamp"].min()
    assert plan.events["timestamp"].max() < START + 17 * DAY_S
    assert plan.history["timestamp"].min() < START + DAY_S
    assert plan.label_delay_s == 7 * DAY_S


def test_a_replay_can_ignore_old_history_and_take_labels_sooner(file: Path) -> None:
    plan = planned(file, "--history-from", "2026-01-08", "--label-delay", "2d", "--from", "2026-01-15T06:00:00+01:00")
    assert plan.history["timestamp"].min() >= START + 7 * DAY_S
    assert plan.label_delay_s == 2 * DAY_S
    assert plan.at == START + 14 * DAY_S + 5 * 3600


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--until", "2026-01-15"), "--until: is not after --from"),
        (("--from", "tomorrow"), "--from: 'tomorrow' is not a date"),
        (("--from", "2027-01-01", "--until", "2027-02-01"), "no event lies between --from and --until"),
        (("--from", "2026-01-01"), "--from: no event lies before the stream"),
        (("--history-from", "2026-01-16"), "--history-from: no event lies before the stream"),
        (("--label-delay", "8d"), "is longer than fraud's label delay of 7d"),
        (("--label-delay", "soon"), "--label-delay: wrong duration"),
        (("--usecase", "frauds"), "there is no use case 'frauds'"),
        (("--map", "amount"), "--map: 'amount' is not field=COLUMN"),
    ],
)
def test_wrong_options_are_one_line_that_names_the_option_and_exit_code_2(
    file: Path, options: tuple[str, ...], message: str
) -> None:
    result = replay(file, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_a_folder_that_cannot_be_made_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = CliRunner().invoke(app, ["demo", "--events", "200", "--out", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "cannot hold results" in " ".join(result.stderr.split())


def test_a_file_without_its_label_is_refused(file: Path) -> None:
    result = replay(file, "--map", MAP.removesuffix(",label=BAD"))
    assert result.exit_code == 2
    assert "the file has no label" in result.stderr


def test_a_failure_of_the_run_is_exit_code_1(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_plan: Plan, _console: object) -> None:
        raise RetryableError("stream events refused 3 records; add shards")

    monkeypatch.setattr(cli.replay, "run_loop", fail)
    result = replay(file, "--json")
    assert result.exit_code == 1
    assert result.stderr == "headrace: stream events refused 3 records; add shards\n"
    assert result.stdout == ""


def test_a_message_is_printed_to_the_letter(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_plan: Plan, _console: object) -> None:
        raise RetryableError("fields[amount].minimum [red]is above[/red] maximum")

    monkeypatch.setattr(cli.replay, "run_loop", fail)
    assert replay(file).stderr == "headrace: fields[amount].minimum [red]is above[/red] maximum\n"


def test_ctrl_c_is_exit_code_130(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_plan: Plan, _console: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.replay, "run_loop", interrupt)
    assert replay(file).exit_code == 130


@pytest.mark.parametrize(("failures", "code"), [([], 0), (["1 events are unaccounted for"], 1)])
def test_a_demo_succeeds_only_if_its_stores_say_so(
    monkeypatch: pytest.MonkeyPatch, failures: list[str], code: int
) -> None:
    summary = {"events_sent": 10, "failures": failures}
    monkeypatch.setattr(cli.demo, "demo", lambda _options, _console: summary)
    result = CliRunner().invoke(app, ["demo", "--json"])
    assert json.loads(result.stdout) == summary
    assert result.exit_code == code
    assert ("1 events are unaccounted for" in result.stderr) == bool(failures)


@pytest.mark.parametrize(("missing", "needed", "code"), [(False, True, 0), (True, True, 1), (True, False, 0)])
def test_the_doctor_fails_only_for_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, missing: bool, needed: bool, code: int
) -> None:
    finding = Finding("java", not missing, "found", "install it", needed=needed)
    monkeypatch.setattr(doctor, "examine", lambda: [finding])
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == code
    assert json.loads(result.stdout)["findings"][0]["remedy"] == "install it"


@pytest.mark.usefixtures("socket_enabled")
def test_the_doctor_looks_at_this_machine() -> None:
    findings = {one.name: one for one in doctor.examine()}
    assert findings["python"].ok
    assert findings["ministack"].found == "1.5.33"
    assert {"disk", "memory", "loopback", "java"} <= findings.keys()
