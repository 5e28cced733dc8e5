"""Under load, on a loop of its own: rollouts, bad models, killed servers and a store that is out cost no answer."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

import usecases
from cli.loadtest.interference import During
from cli.loadtest.local_run import Order, Ready, drive, prepared, warm_up
from cli.loadtest.outcome import Outcome
from cli.phases import Phases

pytestmark = [pytest.mark.local, pytest.mark.nightly]
ALARMS_CALM_S = 300
"""What one test does to the alarms must not roll back the next one's model."""


@pytest.fixture(scope="module")
def phases() -> Phases:
    return Phases(Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, phases: Phases) -> Iterator[Ready]:
    """A loop in which the first of two models serves."""
    with prepared(order(None, tmp_path_factory.mktemp("load")), phases) as found:
        yield found


def order(during: During | None, out: Path) -> Order:
    return Order(usecase=usecases.load("fraud"), rps=20, seconds=9, during=during, out=out)


@pytest.fixture(autouse=True)
def calm(ready: Ready) -> None:
    """What one test did to alarms and endpoint is over when the next one begins."""
    ready.loop.advance(ALARMS_CALM_S)
    ready.loop.wait_idle(300)


def driven(during: During, ready: Ready, phases: Phases, out: Path) -> Outcome:
    """One load; no answer is wrong, a 5xx, refused or missing, and it ends as it should."""
    warm_up(ready)
    outcome = drive(order(during, out), ready, phases)
    outcome.write(out, during)
    assert outcome.failures == []
    assert outcome.summary["sent"] >= 180
    return outcome


def serving(ready: Ready) -> str:
    """The package in the stack's parameter."""
    stack = ready.deployment.cloudformation.describe_stacks(StackName=ready.deployment.stack_name("endpoint"))
    values = {it["ParameterKey"]: it["ParameterValue"] for it in stack["Stacks"][0]["Parameters"]}
    return values["ModelPackageArn"]


def status(ready: Ready, package: str) -> str:
    return ready.deployment.sagemaker.describe_model_package(ModelPackageName=package)["ModelApprovalStatus"]


def test_a_rollout_costs_no_answer_and_both_models_answer_as_they_do(
    ready: Ready, phases: Phases, tmp_path: Path
) -> None:
    outcome = driven("rollout", ready, phases, tmp_path)
    assert serving(ready) == ready.other
    assert len(outcome.summary["versions"]) == 2
    assert [note.text for note in outcome.notes] == ["approved", "serves"]


def test_a_bad_model_is_rolled_back_by_itself_and_rejected(ready: Ready, phases: Phases, tmp_path: Path) -> None:
    before = serving(ready)
    outcome = driven("bad-model", ready, phases, tmp_path)
    assert serving(ready) == before
    assert [note.text for note in outcome.notes] == ["approved", "rolled back"]
    packages = ready.deployment.sagemaker.list_model_packages(
        ModelPackageGroupName=ready.deployment.output("training", "ModelPackageGroupName"),
        SortBy="CreationTime",
        SortOrder="Descending",
    )["ModelPackageSummaryList"]
    bad = ready.deployment.sagemaker.describe_model_package(ModelPackageName=packages[0]["ModelPackageArn"])
    assert bad["ModelApprovalStatus"] == "Rejected"
    assert "alarms went off" in bad["ApprovalDescription"]
    assert status(ready, before) == "Approved"
    assert outcome.judged[-1].judgement == "ok"


@pytest.mark.parametrize(
    ("during", "reasons"),
    [("kill-model", {"endpoint_error", "endpoint_timeout"}), ("kill-store", {"state_error"})],
)
def test_what_is_killed_costs_scores_and_no_answers(
    during: During, reasons: set[str], ready: Ready, phases: Phases, tmp_path: Path
) -> None:
    outcome = driven(during, ready, phases, tmp_path)
    summary = outcome.summary
    assert summary["degraded"] > 0
    assert reasons & set(summary["reasons"])
    assert outcome.judged[-1].judgement == "ok", "all is well again in the end"
