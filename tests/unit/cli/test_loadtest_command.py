"""``headrace loadtest``: signed calls, clear refusals, and results that people and programs can read."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import boto3
import pandas as pd
import pytest
from load_shots import TRUTH, answer, degraded, shot
from typer.testing import CliRunner

import usecases
from cli.loadtest import deployed_run, local_run
from cli.loadtest.caller import NO_ANSWER, Api, Caller
from cli.loadtest.interference import Interference, Note
from cli.loadtest.outcome import Outcome, concluded
from cli.loadtest.questions import questions
from cli.loadtest.verdict import by_truth
from cli.main import app
from headrace.errors import UseCaseError

FRAUD = usecases.load("fraud")
URL = "https://abc.execute-api.eu-central-1.amazonaws.com/prod"


class Connection:
    """A connection that answers what is next in ``answers``: a status and body, or an exception."""

    answers: ClassVar[list[Any]] = []
    sent: ClassVar[list[dict[str, Any]]] = []
    opened: ClassVar[int] = 0

    def __init__(self, host: str, timeout: float) -> None:
        assert (host, timeout > 0) == ("abc.execute-api.eu-central-1.amazonaws.com", True)
        Connection.opened += 1

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        Connection.sent.append({"method": method, "path": path, "body": body, **headers})

    def getresponse(self) -> Any:
        found = Connection.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return SimpleNamespace(status=found[0], read=lambda: found[1])

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    monkeypatch.setattr(http.client, "HTTPSConnection", Connection)
    Connection.answers, Connection.sent, Connection.opened = [], [], 0
    session = boto3.Session(aws_access_key_id="me", aws_secret_access_key="secret", region_name="eu-west-1")
    yield Caller(Api.of(URL + "/", session))


def test_requests_are_signed_for_the_region_in_the_address_and_share_a_connection(caller: Caller) -> None:
    Connection.answers = [(200, b'{"score": 1}'), (200, b"[]"), (502, b"<html>")]
    replies = [caller.predict(b"{}") for _ in range(3)]
    assert [(it.status, it.body) for it in replies] == [
        (200, {"score": 1}),
        (200, {"error": []}),
        (502, {"error": "<html>"}),
    ]
    first = Connection.sent[0]
    assert (first["method"], first["path"], first["Content-Type"]) == ("POST", "/prod/predict", "application/json")
    assert "Credential=me/" in first["Authorization"]
    assert "/eu-central-1/execute-api/aws4_request" in first["Authorization"]
    assert Connection.opened == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again(caller: Caller) -> None:
    Connection.answers = [(200, b"{}"), http.client.RemoteDisconnected("closed"), (200, b'{"again": 1}')]
    caller.predict(b"{}")
    assert caller.predict(b"{}").body == {"again": 1}
    assert Connection.opened == 2


@pytest.mark.parametrize("before", [[], [(200, b"{}"), TimeoutError("slow")], [(200, b"{}"), OSError("reset")]])
def test_a_call_without_an_answer_is_an_answer_too(caller: Caller, before: list[Any]) -> None:
    Connection.answers = [*before, ConnectionRefusedError("nobody there")]
    replies = [caller.predict(b"{}") for _ in range(1 + bool(before))]
    assert replies[-1].status == NO_ANSWER
    assert "Error" in replies[-1].body["error"]


@pytest.mark.parametrize(("url", "fix"), [("abc", "for example https"), ("http://127.0.0.1:1/x", "set AWS_REGION")])
def test_an_address_that_cannot_be_asked_is_refused(url: str, fix: str) -> None:
    with pytest.raises(UseCaseError, match=fix):
        Api.of(url, SimpleNamespace(region_name=None))  # type: ignore[arg-type]  # a session without region


def test_questions_are_valid_events_with_ids_of_their_own() -> None:
    events = pd.DataFrame(
        {"event_id": ["1"], "timestamp": [0], "customer_id": ["C"], "terminal_id": ["T"], "amount": [1.5], "fraud": [1]}
    )
    (question,) = questions(FRAUD, events)
    asked = json.loads(question.body)
    assert asked == question.event
    assert (asked["event_id"], asked["timestamp"], "fraud" in asked) == ("loadtest-1", "1970-01-01T00:00:00Z", False)


def test_a_deployed_api_is_asked_by_as_many_callers_as_requests_a_second_within_reason() -> None:
    assert [deployed_run.callers(rps) for rps in (0.5, 50, 5_000)] == [16, 50, 256]


def outcome(*extra: Any) -> Outcome:
    """An outcome of four good answers, and perhaps others."""
    meddling = Interference(lambda _: [], 0, lambda: 0)
    meddling.notes.append(Note(1.0, "approved"))
    shots = [shot(0), shot(1, degraded()), shot(2), shot(3, answer(0.9, "v1", "BLOCK")), *extra]
    return concluded(FRAUD, shots, 2, by_truth(TRUTH), meddling)


def test_summary_and_plot_are_written(tmp_path: Path) -> None:
    outcome().write(tmp_path / "out", "50 requests per second")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert {"sent", "ok", "degraded", "failed_5xx", "wrong", "p50_ms", "p99_ms", "versions"} <= set(summary)
    assert (summary["sent"], summary["ok"], summary["degraded"], summary["failures"]) == (4, 3, 1, [])
    assert summary["events"] == [{"at_s": 1.0, "what": "approved"}]
    assert "50 requests per second" in (tmp_path / "out" / "latency.svg").read_text()


def test_a_wrong_or_missing_answer_is_a_failure_with_an_example() -> None:
    found = outcome(shot(4, answer(0.7)), shot(5, {}, status=500)).failures
    assert found[:2] == ["1 answers are wrong", "1 answers are a 5xx"]
    assert '"score": 0.7' in found[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--during", "rolout"], "use one of rollout, bad-model, kill-model, kill-store"),
        (["--during", "rollout", "--url", URL], "leave out --during or --url"),
        (["--usecase", "none"], "none"),
        (["--url", "ftp://x"], "is no address"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(app, ["loadtest", *arguments])
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert done.stdout == ""


@pytest.mark.parametrize(("bad", "code"), [([], 0), ([shot(4, {}, status=500)], 1)])
def test_standard_output_is_the_json_and_nothing_else(
    bad: list[Any], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_run, "run", lambda *_: outcome(*bad))
    done = CliRunner().invoke(app, ["loadtest", "--json", "--during", "rollout", "--out", str(tmp_path)])
    assert done.exit_code == code
    assert json.loads(done.stdout)["sent"] == 4 + len(bad)
    assert ("1 answers are a 5xx" in done.stderr) is bool(bad)
