"""Deployment: approvals that come twice, late or out of order lead to the newest approved version, once."""

import itertools
import json
from typing import Any

import pytest

from headrace.errors import RejectedError, RetryableError
from lambdas.deployment.logic import Deployment, Message, Package, StackState, deploy_all, read

GROUP = "headrace-fraud-dev"


def arn(version: int, group: str = GROUP) -> str:
    return f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{group}/{version}"


def approval(version: int, *, group: str = GROUP, status: str = "Approved", changed: str = "t1") -> str:
    return json.dumps(
        {
            "id": "i",
            "source": "aws.sagemaker",
            "detail-type": "SageMaker Model Package State Change",
            "time": "t0",
            "detail": {
                "ModelPackageArn": arn(version, group),
                "ModelApprovalStatus": status,
                "LastModifiedTime": changed,
            },
        }
    )


def rollback(version: int) -> str:
    return json.dumps(
        {
            "id": "r",
            "source": "headrace",
            "detail-type": "Model Rollback Requested",
            "detail": {"ModelPackageArn": arn(version)},
        }
    )


class FakeStack:
    """A stack whose update takes effect at once, or at ``settle`` if it is slow."""

    def __init__(self, deployed: str = "", status: str = "UPDATE_COMPLETE", *, slow: bool = False) -> None:
        self.status, self.slow = status, slow
        self.parameters = {"ModelPackageArn": deployed, "BootstrapVersion": "21"}
        self.updates: list[str] = []
        self.tokens: list[str] = []

    def state(self) -> StackState:
        return StackState(self.status, dict(self.parameters))

    def update(self, state: StackState, *, parameter: str, value: str, token: str) -> bool:
        if self.status.endswith("_IN_PROGRESS"):
            raise RetryableError("busy")
        if self.parameters[parameter] == value:
            return False
        self.parameters[parameter] = value
        self.updates.append(value)
        self.tokens.append(token)
        if self.slow:
            self.status = "UPDATE_IN_PROGRESS"
        return True


def results(stack: FakeStack, *bodies: str) -> list[str]:
    """The result of each message, in their order."""
    messages = [Message(str(number), body) for number, body in enumerate(bodies)]
    handled = deploy_all(messages, Deployment(stack=stack, group=GROUP, parameter="ModelPackageArn"))
    return [it.result for it in sorted(handled, key=lambda it: int(it.message.id))]


def test_an_approved_package_becomes_the_stacks_parameter() -> None:
    stack = FakeStack()
    assert results(stack, approval(1)) == ["started"]
    assert stack.updates == [arn(1)]


def test_a_second_copy_of_an_approval_changes_nothing() -> None:
    stack = FakeStack()
    assert results(stack, approval(1), approval(1)) == ["started", "current"]
    assert results(stack, approval(1)) == ["current"]
    assert stack.updates == [arn(1)]


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
def test_approvals_in_any_order_end_at_the_newest_version_and_never_go_back(order: tuple[int, ...]) -> None:
    stack = FakeStack()
    for version in order:
        results(stack, approval(version))
    assert stack.parameters["ModelPackageArn"] == arn(3)
    versions = [Package.of(it).version for it in stack.updates]
    assert versions == sorted(versions)


def test_of_several_approvals_in_one_batch_only_the_newest_is_deployed() -> None:
    stack = FakeStack()
    assert results(stack, approval(2), approval(10), approval(9)) == ["superseded", "started", "superseded"]


def test_versions_are_compared_as_numbers_and_within_the_group_only() -> None:
    assert results(FakeStack(arn(9)), approval(10)) == ["started"]
    assert results(FakeStack(arn(9, "another-group")), approval(1)) == ["started"]
    assert results(FakeStack("typed by hand"), approval(1)) == ["started"]


def test_a_rollback_goes_back_and_a_late_approval_of_the_old_version_does_not() -> None:
    stack = FakeStack(arn(3))
    assert results(stack, approval(2)) == ["superseded"]
    assert results(stack, rollback(2)) == ["started"]
    assert stack.parameters["ModelPackageArn"] == arn(2)


def test_while_the_stack_is_busy_approvals_wait_in_the_queue_and_then_the_newest_wins() -> None:
    stack = FakeStack(slow=True)
    assert results(stack, approval(1)) == ["started"]
    assert results(stack, approval(2), approval(3)) == ["waiting", "waiting"]
    stack.status, stack.slow = "UPDATE_COMPLETE", False
    assert results(stack, approval(2), approval(3)) == ["superseded", "started"]


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED", "CREATE_FAILED"])
def test_a_stack_that_people_must_mend_blocks_and_the_message_stays(status: str) -> None:
    stack = FakeStack(arn(1), status)
    handled = deploy_all([Message("m", approval(2))], Deployment(stack=stack, group=GROUP, parameter="ModelPackageArn"))
    assert (handled[0].result, handled[0].done) == ("blocked", False)
    assert status in handled[0].detail
    assert stack.updates == []


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_settled_stack_is_updated_also_after_a_rollback(status: str) -> None:
    assert results(FakeStack(arn(1), status), approval(2)) == ["started"]


@pytest.mark.parametrize(
    "status",
    ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "REVIEW_IN_PROGRESS"],
)
def test_a_busy_stack_makes_the_message_wait(status: str) -> None:
    assert results(FakeStack(arn(1), status), approval(2)) == ["waiting"]


def test_copies_of_one_approval_share_a_token_and_a_later_approval_of_the_same_package_does_not() -> None:
    tokens = [
        read(body, GROUP).token
        for body in (  # type: ignore[union-attr]  # all three are approvals
            approval(1),
            approval(1),
            approval(1, changed="t2"),
        )
    ]
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
    assert results(FakeStack(), body) == ["ignored"]


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
    stack = FakeStack()
    with pytest.raises(RejectedError):
        read(body, GROUP)
    assert results(stack, body, approval(1)) == ["blocked", "started"]


def test_the_event_as_aws_documents_it_is_understood(aws_event: Any) -> None:
    sample = aws_event("sagemaker_model_package_state_change.json")
    group = sample["detail"]["ModelPackageGroupName"]
    assert read(json.dumps(sample), group) is None
    sample["detail"]["ModelApprovalStatus"] = "Approved"
    request = read(json.dumps(sample), group)
    assert request is not None
    assert (request.package.version, request.rollback) == (sample["detail"]["ModelPackageVersion"], False)
