"""Roles for people and programs: what they may, what they may not, and that no later policy changes that."""

from typing import Any

import pytest
from policy_says import decision
from role_grants import ACCOUNT, REGION, Roles, plain
from synthesized import Synthesized

HERE = f"{REGION}:{ACCOUNT}"
ADMINISTRATOR = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def statements(stage: Synthesized, role: str) -> list[dict[str, Any]]:
    """The role's policy with names put in."""
    roles = Roles(stage.folder, stage.prefix)
    found = [
        it["Properties"]["PolicyDocument"]["Statement"]
        for name, it in stage.bodies["observability"]["Resources"].items()
        if it["Type"] == "AWS::IAM::Policy" and plain(name) == f"Operators{role}DefaultPolicy"
    ]
    (own,) = roles.resolve("observability", found)
    return list(own)


def test_a_scientist_reads_approves_and_retrains(prod: Synthesized) -> None:
    own = statements(prod, "Scientist")
    for action, resource in (
        ("s3:GetObject", "arn:aws:s3:::lake/training/current/manifest.json"),
        ("sagemaker:UpdateModelPackage", f"arn:aws:sagemaker:{HERE}:model-package/headrace-fraud-prod/3"),
        ("states:StartExecution", f"arn:aws:states:{HERE}:stateMachine:headrace-fraud-prod-retraining"),
    ):
        assert decision(own, action, resource) == "Allow", action
    assert decision(own, "s3:ListBucket", "arn:aws:s3:::lake", s3_prefix="training/current/") == "Allow"


@pytest.mark.parametrize("folder", ["capture", "quarantine", "events-inbox", "labels-inbox", "errors"])
def test_a_scientist_does_not_see_what_may_be_unmasked(prod: Synthesized, folder: str) -> None:
    assert decision(statements(prod, "Scientist"), "s3:GetObject", f"arn:aws:s3:::lake/{folder}/x") == "ImplicitDeny"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:DeleteObjectVersion", "arn:aws:s3:::lake/events/x"),
        ("sagemaker:DeleteEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/headrace-fraud-prod"),
        ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{HERE}:table/window-state"),
        ("cloudformation:DeleteStack", f"arn:aws:cloudformation:{HERE}:stack/headrace-fraud-prod-lake/id"),
        ("kms:ScheduleKeyDeletion", f"arn:aws:kms:{HERE}:key/key"),
    ],
)
def test_a_scientist_deletes_nothing_for_good_whatever_else_is_attached(
    prod: Synthesized, action: str, resource: str
) -> None:
    assert decision([ADMINISTRATOR], action, resource) == "Allow"
    assert decision([*statements(prod, "Scientist"), ADMINISTRATOR], action, resource) == "Deny"


def test_an_application_only_asks(prod: Synthesized) -> None:
    own = statements(prod, "Application")
    assert {action for it in own for action in [it["Action"]]} == {"sagemaker:InvokeEndpoint", "execute-api:Invoke"}
    assert (
        decision(own, "sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/headrace-fraud-prod") == "Allow"
    )
    assert decision(own, "sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/another") == "ImplicitDeny"


def test_only_the_own_account_may_let_somebody_in(prod: Synthesized) -> None:
    roles = [
        it["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for name, it in prod.bodies["observability"]["Resources"].items()
        if it["Type"] == "AWS::IAM::Role" and name.startswith("Operators")
    ]
    assert len(roles) == 2
    for (trust,) in roles:
        assert Roles(prod.folder, prod.prefix).resolve("observability", trust["Principal"]) == {
            "AWS": f"arn:aws:iam::{ACCOUNT}:root"
        }
