"""The retraining machine in the emulator, from its own states and with the rights of its own role."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from emulator_stacks import ACCOUNT, package
from retraining_machine_stack import MARKER, Retraining
from scenarios import wait_for

import usecases
from headrace.usecase import Reaction
from local.loop import Loop
from stacks.stage import stage
from stacks.target import Target


def deployed(logs: Path, *, wait_scale: float) -> Iterator[Retraining]:
    usecase = replace(usecases.load("fraud"), reaction=Reaction())
    target = Target(usecase=usecase, stage=stage("local"), region="eu-west-1", account=ACCOUNT)
    with Loop(log_dir=logs, wait_scale=wait_scale) as loop:
        yield Retraining(loop, target)


@pytest.fixture
def retraining(tmp_path: Path) -> Iterator[Retraining]:
    """A machine whose waits are a tenth as long."""
    yield from deployed(tmp_path, wait_scale=0.1)


@pytest.fixture
def slow_retraining(tmp_path: Path) -> Iterator[Retraining]:
    """A machine whose runs last long enough to meet another."""
    yield from deployed(tmp_path, wait_scale=1.0)


def test_the_machine_from_lock_to_promotion(retraining: Retraining) -> None:
    """One test, because what is registered stays registered."""
    group, loop = retraining.target.model_package_group_name, retraining.loop
    # Without an approved model the marker stands for the champion; a model that nobody approved is none.
    first = package(loop, "v1", group=group, status="PendingManualApproval")
    ended = retraining.run(RequestId="r1", TriggerReason="drift", DriftSeverity="high", Reason="amount moved")
    assert ended["status"] == "SUCCEEDED", ended
    assert retraining.passed()["ChampionModel"] == MARKER
    assert (retraining.passed()["TriggerReason"], retraining.passed()["DriftSeverity"]) == ("drift", "high")
    (detail,) = retraining.outcomes()
    assert (detail["RequestId"], detail["Trigger"], detail["Outcome"]) == ("r1", "drift", "succeeded")
    assert detail["ModelPackageArn"] == first
    assert retraining.holder() is None

    # A request that is delivered again starts nothing.
    assert retraining.run(RequestId="r1")["status"] == "SUCCEEDED"
    assert len(retraining.executions()) == 1

    # The champion is the newest approved model, or the one that the caller names.
    for version, status in (("v2", "Approved"), ("v3", "Approved"), ("v4", "Rejected")):
        package(loop, version, group=group, status=status)
    retraining.run()
    assert retraining.passed()["ChampionModel"] == "s3://lake/models/v3/model.tar.gz"
    named = "s3://lake/models/v1/model.tar.gz"
    retraining.run(ChampionModel=named)
    assert retraining.passed()["ChampionModel"] == named
    retraining.outcomes(2)

    # A model that passed is approved where the use case says so, and nothing is frozen.
    def status(arn: str) -> str:
        found = loop.client("sagemaker").describe_model_package(ModelPackageName=arn)
        return str(found["ModelApprovalStatus"])

    held = package(loop, "v5", group=group, status="PendingManualApproval")
    retraining.put("memory", "current", frozen={"BOOL": True})
    retraining.run(Promotion="automatic")
    assert status(held) == "PendingManualApproval"
    assert "promotion is frozen" in retraining.outcomes()[0]["Reason"]
    retraining.put("memory", "current", frozen={"BOOL": False})
    retraining.run(Promotion="automatic")
    assert status(held) == "Approved"
    assert retraining.outcomes()[0]["ModelPackageArn"] == held


def test_a_set_that_the_gate_refuses_is_not_trained_on(retraining: Retraining) -> None:
    ended = retraining.run(InputData="s3://lake/training/bad")
    assert (ended["status"], ended["error"]) == ("FAILED", "TrainingSetRefused"), ended["cause"]
    (detail,) = retraining.outcomes()
    assert (detail["Outcome"], detail["Trigger"]) == ("refused", "manual")
    assert retraining.executions() == []
    assert retraining.holder() is None


def test_while_one_runs_another_is_skipped_and_a_dead_holder_holds_nothing(slow_retraining: Retraining) -> None:
    retraining = slow_retraining
    states = retraining.loop.client("stepfunctions")
    package(retraining.loop, "v6", group=retraining.target.model_package_group_name, status="PendingManualApproval")
    running = retraining.start()
    wait_for(lambda: retraining.holder() == running)
    retraining.run(RequestId="second")
    told = {it["RequestId"]: it["Outcome"] for it in retraining.outcomes()}
    assert told["second"] == "skipped"
    if states.describe_execution(executionArn=running)["status"] == "RUNNING":
        states.stop_execution(executionArn=running)
    # Aborted before it could release, or ended well: either way the next one runs.
    assert retraining.run(RequestId="third")["status"] == "SUCCEEDED"
    assert retraining.holder() is None
