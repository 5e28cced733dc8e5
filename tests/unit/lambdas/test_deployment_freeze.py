"""While promotion is frozen no approval reaches the endpoint, whoever gave it; going back always does."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from rollout_world import World, approval, arn, rollback

from headrace.reaction import Memory
from lambdas.deployment.freeze_table import ReactionFreeze
from lambdas.deployment.sagemaker import ModelRegistry
from lambdas.shared.clients import client
from lambdas.shared.failures import DependencyError

BROKEN = "data are broken upstream (amount): the column is missing"


@pytest.fixture
def dynamodb() -> Iterator[Stubber]:
    with Stubber(client("dynamodb")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_an_approval_by_hand_is_taken_back_and_says_what_to_do() -> None:
    world = World(1)
    world.frozen = BROKEN
    assert world.results(approval(2)) == ["frozen"]
    assert not world.updates
    assert world.packages[arn(2)].approval == "PendingManualApproval"
    assert BROKEN in world.reasons[arn(2)]
    assert "`headrace resume -u fraud --stage dev`" in world.reasons[arn(2)]
    assert world.results(approval(2)) == ["withdrawn"]  # a copy of it


def test_after_the_freeze_the_same_package_is_approved_again() -> None:
    world = World(1)
    world.frozen = BROKEN
    world.results(approval(2))
    world.frozen = ""
    del world.packages[arn(2)]  # somebody approves
    assert world.results(approval(2, changed="t2")) == ["started"]


def test_going_back_is_never_held_back() -> None:
    world = World(2)
    world.frozen = BROKEN
    assert world.results(rollback(1)) == ["started"]


@pytest.mark.parametrize("frozen", ["", BROKEN])
def test_the_freeze_is_what_drift_response_remembers(dynamodb: Stubber, frozen: str) -> None:
    item = {"frozen": {"BOOL": bool(frozen)}, "memory": {"S": Memory(frozen=frozen).to_json()}}
    dynamodb.add_response("get_item", {"Item": item})
    assert ReactionFreeze(client("dynamodb"), "reaction").reason() == frozen


def test_where_nothing_was_ever_decided_nothing_is_frozen(dynamodb: Stubber) -> None:
    dynamodb.add_response("get_item", {})
    dynamodb.add_client_error("get_item", "ResourceNotFoundException")
    freeze = ReactionFreeze(client("dynamodb"), "reaction")
    assert freeze.reason() == freeze.reason() == ""


def test_a_table_that_may_not_be_read_is_no_leave_to_promote(dynamodb: Stubber) -> None:
    dynamodb.add_client_error("get_item", "AccessDeniedException")
    with pytest.raises(DependencyError):
        ReactionFreeze(client("dynamodb"), "reaction").reason()


def test_an_approval_is_taken_back_with_its_reason() -> None:
    with Stubber(client("sagemaker")) as sagemaker:
        expected = {
            "ModelPackageArn": arn(2),
            "ModelApprovalStatus": "PendingManualApproval",
            "ApprovalDescription": "frozen",
        }
        sagemaker.add_response("update_model_package", {"ModelPackageArn": arn(2)}, expected)
        ModelRegistry(client("sagemaker")).hold(arn(2), "frozen")
        sagemaker.assert_no_pending_responses()
