"""Cloudsplaining looks for what somebody could do harm with: change rights, take data, raise himself."""

from pathlib import Path

from cloudsplaining.scan.policy_document import PolicyDocument
from role_grants import Roles

REASONED = {
    "credentials_exposure ecr:GetAuthorizationToken": "a login to AWS's registry of images takes no resource",
}
RISKS = (
    "infrastructure_modification",
    "allows_data_exfiltration_actions",
    "permissions_management_without_constraints",
    "credentials_exposure",
    "allows_privilege_escalation",
    "service_wildcard",
)


def risks(document: dict[str, object]) -> set[str]:
    """Risk and action."""
    policy = PolicyDocument(document)
    return {f"{risk} {action}" for risk in RISKS for action in getattr(policy, risk)}


def test_every_risk_is_reasoned_and_every_reason_has_its_risk(templates: Path) -> None:
    roles = Roles(templates, "headrace-fraud-prod").all.values()
    assert {risk for role in roles for risk in risks(role.document())} == REASONED.keys()


def test_it_notices_who_could_raise_himself() -> None:
    statement = {"Effect": "Allow", "Action": ["iam:PutRolePolicy", "s3:GetObject"], "Resource": "*"}
    found = risks({"Version": "2012-10-17", "Statement": [statement]})
    assert "permissions_management_without_constraints iam:PutRolePolicy" in found
