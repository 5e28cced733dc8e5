"""A challenger's trial, deployed from its templates: it passes and takes over, or fails and leaves no trace."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_kinds import Served

from headrace.usecase import Serving, Trial
from local.loop import Loop

pytestmark = pytest.mark.nightly
ROWS = 3


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    # Rights are asserted on the template: the local AWS does not see the resource types of a state machine's update.
    with Loop(log_dir=tmp_path / "logs", enforce_iam=False) as running:
        yield running


def versions(loop: Loop, served: Served) -> set[str]:
    """Which models answer."""
    runtime, found = loop.client("sagemaker-runtime"), set()
    for _ in range(20):
        answer = runtime.invoke_endpoint(
            EndpointName=served.target.endpoint_name,
            Body=json.dumps({"instances": served.rows(ROWS)}),
            ContentType="application/json",
        )
        found.add(json.load(answer["Body"])["model_version"])
    return found


def parameters(loop: Loop, served: Served) -> dict[str, str]:
    """What the endpoint stack has been given."""
    stack = loop.client("cloudformation").describe_stacks(StackName=served.target.stack_name("endpoint"))["Stacks"][0]
    return {it["ParameterKey"]: it["ParameterValue"] for it in stack["Parameters"]}


def test_a_challenger_passes_its_shares_and_takes_over(loop: Loop, tmp_path: Path) -> None:
    served = Served(loop, tmp_path, Serving(trial=Trial(steps=(50, 100), bake_s=1)))
    served.deploy(seed=1)
    assert versions(loop, served) == {"v1"}
    served.deploy(seed=2, approval="PendingManualApproval")
    assert served.run(ModelPackageArn=served.package) == "SUCCEEDED", served.ended_with
    assert versions(loop, served) == {"v2"}
    assert parameters(loop, served) == {"ModelPackageArn": served.package, "ChallengerModelData": ""}
    package = loop.client("sagemaker").describe_model_package(ModelPackageName=served.package)
    assert (package["ModelApprovalStatus"], package["ApprovalDescription"]) == ("Approved", "passed its trial")
    champion, challenger = loop.client("sagemaker").describe_endpoint(EndpointName=served.target.endpoint_name)[
        "ProductionVariants"
    ]
    assert (champion["DesiredWeight"], challenger["DesiredWeight"]) == (100, 0)


def test_an_ab_test_splits_until_somebody_rejects_it(loop: Loop, tmp_path: Path) -> None:
    served = Served(loop, tmp_path, Serving(trial=Trial(steps=(50,), bake_s=1)))
    served.deploy(seed=1)
    first = served.package
    served.deploy(seed=2, approval="PendingManualApproval")
    assert served.run(ModelPackageArn=served.package) == "SUCCEEDED", served.ended_with
    assert versions(loop, served) == {"v1", "v2"}
    assert served.run(ModelPackageArn=served.package, Verdict="reject") == "FAILED"
    assert "rejected by whoever judged its trial" in served.ended_with
    assert versions(loop, served) == {"v1"}
    assert parameters(loop, served)["ModelPackageArn"] == first
    package = loop.client("sagemaker").describe_model_package(ModelPackageName=served.package)
    assert package["ModelApprovalStatus"] == "Rejected"


def test_a_challenger_in_the_shadow_answers_nobody_until_it_is_promoted(loop: Loop, tmp_path: Path) -> None:
    served = Served(loop, tmp_path, Serving(trial=Trial(steps=(), shadow=100, bake_s=1)))
    served.deploy(seed=1)
    served.deploy(seed=2, approval="PendingManualApproval")
    assert served.run(ModelPackageArn=served.package) == "SUCCEEDED", served.ended_with
    for number in range(ROWS):
        answer = loop.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=served.target.endpoint_name,
            Body=json.dumps({"instances": served.rows(1)}),
            ContentType="application/json",
            InferenceId=f"e{number}",
        )
        assert json.load(answer["Body"])["model_version"] == "v1"
    ids = {f"e{it}" for it in range(ROWS)}
    for _ in range(50):
        copied = served.captured("Challenger")
        if copied.keys() == ids:
            break
        time.sleep(0.1)
    assert copied == dict.fromkeys(ids, "v2")
    assert served.captured("AllTraffic") == dict.fromkeys(ids, "v1")
    assert served.run(ModelPackageArn=served.package, Verdict="promote") == "SUCCEEDED", served.ended_with
    assert versions(loop, served) == {"v2"}
    assert parameters(loop, served) == {"ModelPackageArn": served.package, "ChallengerModelData": ""}
