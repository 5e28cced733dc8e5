"""Parliament knows IAM's reference: actions that exist, the resources that they take, conditions that they know."""

import json
from pathlib import Path

from parliament import analyze_policy_string, enhance_finding
from role_grants import Role, Roles

REASONED = {
    "RESOURCE_MISMATCH states:DescribeExecution": "executions of our machine are none of an express workflow's",
}


def findings(role: Role) -> set[str]:
    """What it finds in a role's policy: issue and action."""
    found = analyze_policy_string(json.dumps(role.document())).findings
    return {
        f"{it.issue} {detail.get('action', detail)}" if isinstance(detail, dict) else f"{it.issue} {detail}"
        for it in map(enhance_finding, found)
        for detail in (it.detail if isinstance(it.detail, list) else [it.detail])
    }


def test_every_finding_is_reasoned_and_every_reason_has_its_finding(templates: Path) -> None:
    roles = Roles(templates, "headrace-fraud-prod").all.values()
    assert {finding for role in roles for finding in findings(role)} == REASONED.keys()


def test_it_notices_an_action_on_a_resource_that_it_does_not_take() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert [it.issue for it in analyze_policy_string(policy).findings] == ["RESOURCE_MISMATCH"]
