"""Deployment: approvals that come twice, late or out of order lead to the newest approved version, once."""

import itertools
import json
from typing import Any

import pytest
from rollout_world import GROUP, World, approval, arn, rollback

from headrace.errors import RejectedError
from lambdas.deployment.logic import Message, deploy_all
from lambdas.deployment.messages import Package, Request, read

STACK_NAME = "headrace-fraud-dev-endpoint"


def wish(body: str) -> Request:
    """What an approval asks for."""
    found = read(body, group=GROUP, stack_name=STACK_NAME)
    assert isinstance(found, Request)
    return found


def test_an_approved_package_becomes_the_stacks_parameter() -> None:
    world = World()
    assert world.results(approval(1)) == ["started"]
    assert world.updates == [arn(1)]


def test_a_second_copy_of_an_approval_changes_nothing() -> None:
    world = World()
    assert world.results(approval(1), approval(1)) == ["started", "current"]
    assert world.results(approval(1)) == ["current"]
    assert world.updates == [arn(1)]


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
def test_approvals_in_any_order_end_at_the_newest_version_and_never_go_back(order: tuple[int, ...]) -> None:
    world = World()
    for version in order:
        world.results(approval(version))
    assert world.parameters["ModelPackageArn"] == arn(3)
    versions = [Package.of(it).version for it in world.updates]
    assert versions == sorted(versions)


def test_of_several_approvals_in_one_batch_only_the_newest_is_deployed() -> None:
    world = World()
    assert world.results(approval(2), approval(10), approval(9)) == ["superseded", "started", "superseded"]


def test_versions_are_compared_as_numbers_and_within_the_group_only() -> None:
    assert World(arn(9)).results(approval(10)) == ["started"]
    assert World(arn(9, "another-group")).results(approval(1)) == ["started"]
    assert World("typed by hand").results(approval(1)) == ["started"]


def test_a_rollback_goes_back_and_a_late_approval_of_the_old_version_does_not() -> None:
    world = World(arn(3))
    assert world.results(approval(2)) == ["superseded"]
    assert world.results(rollback(2)) == ["started"]
    assert world.parameters["ModelPackageArn"] == arn(2)


def test_while_the_stack_is_busy_approvals_wait_in_the_queue_and_then_the_newest_wins() -> None:
    world = World(slow=True)
    assert world.results(approval(1)) == ["started"]
    assert world.results(approval(2), approval(3)) == ["waiting", "waiting"]
    world.finish()
    world.slow = False
    assert world.results(approval(2), approval(3)) == ["superseded", "started"]


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED", "CREATE_FAILED"])
def test_a_stack_that_people_must_mend_blocks_and_the_message_stays(status: str) -> None:
    world = World(arn(1), status)
    handled = deploy_all([Message("m", approval(2))], world.function)
    assert (handled[0].result, handled[0].done) == ("blocked", False)
    assert status in handled[0].detail
    assert world.updates == []


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_settled_stack_is_updated_also_after_a_rollback(status: str) -> None:
    assert World(arn(1), status).results(approval(2)) == ["started"]


@pytest.mark.parametrize(
    "status",
    ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "REVIEW_IN_PROGRESS"],
)
def test_a_busy_stack_makes_the_message_wait(status: str) -> None:
    assert World(arn(1), status).results(approval(2)) == ["waiting"]


def test_copies_of_one_approval_share_a_token_and_a_later_approval_of_the_same_package_does_not() -> None:
    copies = (approval(1), approval(1), approval(1, changed="t2"))
    tokens = [wish(body).token(before=0) for body in copies]
    assert tokens[0] == tokens[1] != tokens[2]
    assert all(len(token) <= 128 and token[0].isalpha() for token in tokens)


@pytest.mark.parametrize(
    "body",
    [
        approval(1, status="Rejected"),
        approval(1, status="PendingManualApproval"),
        approval(1, group="other"),
        json.dumps({"source": "aws.sagemaker", "detail-type": "SageMaker Endpoint State Change", "detail": {}}),
        json.dumps(
            {"source": "someone", "detail-type": "Model Rollback Requested", "detail": {"ModelPackageArn": arn(1)}}
        ),
    ],
)
def test_what_is_no_approval_of_the_group_is_ignored(body: str) -> None:
    assert World().results(body) == ["ignored"]


@pytest.mark.parametrize(
    "body",
    [
        "Test message.",
        "[]",
        "{}",
        json.dumps(
            {
                "source": "headrace",
                "detail-type": "Model Rollback Requested",
                "id": "r",
                "detail": {"ModelPackageArn": "arn:nonsense"},
            }
        ),
        json.dumps({"source": "aws.sagemaker", "detail-type": "SageMaker Model Package State Change", "detail": "x"}),
        json.dumps({"source": "headrace", "detail-type": "Model Rollback Requested", "detail": {}}),
    ],
)
def test_what_cannot_be_read_is_left_for_people_and_harms_no_neighbour(body: str) -> None:
    world = World()
    with pytest.raises(RejectedError):
        read(body, group=GROUP, stack_name=STACK_NAME)
    assert world.results(body, approval(1)) == ["blocked", "started"]


def test_the_event_as_aws_documents_it_is_understood(aws_event: Any) -> None:
    sample = aws_event("sagemaker_model_package_state_change.json")
    group = sample["detail"]["ModelPackageGroupName"]
    assert read(json.dumps(sample), group=group, stack_name=STACK_NAME) is None
    sample["detail"]["ModelApprovalStatus"] = "Approved"
    request = read(json.dumps(sample), group=group, stack_name=STACK_NAME)
    assert isinstance(request, Request)
    assert (request.package.version, request.rollback) == (sample["detail"]["ModelPackageVersion"], False)
