"""What happens in the middle of a load test: done when it is time, told, and judged."""

import io
import os
import signal
import tarfile
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cli.loadtest import interference, rollout
from cli.loadtest.interference import Interference
from cli.training import RolloutError
from lambdas.deployment.sagemaker import SETTLED


class Registry:
    """A registry in which a rollout ends after two looks, as ``ending`` says."""

    def __init__(self, ending: str) -> None:
        self.ending, self.looks, self.approved = ending, 0, False

    def describe_model_package(self, **_: Any) -> dict[str, Any]:
        self.looks += self.approved
        settled = {SETTLED: "deploy-2"} if self.looks > 2 else {SETTLED: "deploy-1"}
        status = self.ending if self.looks > 2 else "Approved"
        return {"ModelApprovalStatus": status, "ApprovalDescription": "alarms", "CustomerMetadataProperties": settled}

    def update_model_package(self, **request: Any) -> None:
        assert request["ModelApprovalStatus"] == "Approved"
        self.approved = True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (interference, rollout):
        monkeypatch.setattr(module.time, "sleep", lambda _: None)


@pytest.mark.parametrize(
    ("ending", "well", "notes", "failures"),
    [
        ("Approved", True, ["approved", "serves"], []),
        ("Rejected", True, ["approved", "rolled back"], ["p was rolled back: alarms"]),
        ("Rejected", False, ["approved", "rolled back"], []),
        ("Approved", False, ["approved", "serves"], ["p is bad and was not rolled back"]),
    ],
)
def test_a_rollout_has_to_end_as_the_model_deserves(
    ending: str, well: bool, notes: list[str], failures: list[str]
) -> None:
    told: list[str] = []
    deployment = cast(Any, SimpleNamespace(sagemaker=Registry(ending)))
    assert interference.rollout(deployment, "p", well=well)(told.append) == failures
    assert told == notes


def test_a_rollout_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "LIMIT_S", 0.0)
    with pytest.raises(RolloutError, match="did not end within 0 s"):
        rollout.follow(cast(Any, SimpleNamespace(sagemaker=Registry("Approved"))), "p")


class Servers:
    """A loop whose one model server is replaced after it was killed."""

    def __init__(self, *pids: int) -> None:
        self.pids, self.out = list(pids), []  # type: list[int], list[bool]

    def model_servers(self) -> dict[str, int]:
        if not self.pids:
            return {}
        return {"e/v": self.pids.pop(0) if len(self.pids) > 1 else self.pids[0]}

    def take_out(self, service: str, *, out: bool = True) -> None:
        assert service == "dynamodb"
        self.out.append(out)


def test_every_model_server_is_killed_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    told: list[str] = []
    assert interference.kill_model(cast(Any, Servers(11, 11, 12)))(told.append) == []
    assert killed == [(11, signal.SIGKILL)]
    assert told == ["killed process 11", "restarted"]


def test_a_model_server_that_stays_away_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: None)
    monkeypatch.setattr(interference, "_RESTART_LIMIT_S", 0.0)
    assert interference.kill_model(cast(Any, Servers(11, 11)))(lambda _: None) == [
        "no model server came back within 0 s"
    ]
    assert interference.kill_model(cast(Any, Servers()))(lambda _: None) == ["there is no model server to kill"]


def test_the_store_comes_back_whatever_happens() -> None:
    loop = Servers()
    assert interference.kill_store(cast(Any, loop), 5)(lambda _: None) == []

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interference.kill_store(cast(Any, loop), 5)(interrupted)
    assert loop.out == [True, False, True, False]


def test_a_deed_waits_for_its_time_and_the_load_goes_on_for_a_while_after_it() -> None:
    at = [0.0]
    meddling = Interference(lambda tell: tell("done") or ["not well"], 10.0, lambda: at[0])  # type: ignore[func-returns-value]  # None
    assert not meddling.over()
    at[0] = 10.0
    meddling._run()
    assert ([(note.at_s, note.text) for note in meddling.notes], meddling.failures) == ([(10.0, "done")], ["not well"])
    assert not meddling.over()
    at[0] = 15.0
    assert meddling.over()


def test_a_deed_that_breaks_is_a_failure_and_lets_the_load_end() -> None:
    def deed(_: Any) -> list[str]:
        raise RolloutError("the stack is gone")

    meddling = Interference(deed, 0.0, lambda: 99.0)
    meddling._run()
    assert meddling.failures == ["the stack is gone"]
    assert meddling._over_at == 99.0


def test_a_spoiled_archive_differs_in_the_inference_script_only() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (
            ("headrace.json", b"{}"),
            ("./code/inference.py", b"Request = ServedModel = Answer = None\n"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    with tarfile.open(fileobj=io.BytesIO(rollout.spoil(packed.getvalue()))) as archive:
        texts = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]  # files
    assert texts["headrace.json"] == b"{}"
    script: dict[str, Any] = {}
    exec(texts["./code/inference.py"], script)  # noqa: S102 - the script under test
    with pytest.raises(RuntimeError, match="on purpose"):
        script["predict_fn"](None, None)
