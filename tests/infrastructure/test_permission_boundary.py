"""An account may bound every role by a policy of its own; the one in docs/ holds back nothing that a role needs."""

import json
from pathlib import Path

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from role_grants import ACCOUNT, REGION, Roles
from synthesized import Synthesized

from stacks.application import Application
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack

SAMPLE = Path(__file__).parents[2] / "docs" / "permission-boundary.json"


def decision(action: str, resource: str) -> str:
    """What the sample says of an action, were a role allowed everything."""
    context = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/role/session",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=REGION,
        secure_transport=True,
    )
    return str(evaluate(context, [parse_policy_document(json.loads(SAMPLE.read_text()))]).decision)


def test_every_role_is_bounded_where_the_account_asks_for_it(tmp_path: Path) -> None:
    context = {"usecase": "fraud", "stage": "dev", "boundary": "bounds-of-the-account"}
    app = Application(context=context, outdir=str(tmp_path))
    lake = LakeStack(app, target=app.target).lake
    stack = IngestionStack(app, target=app.target, lake=lake)
    app.synth()
    body = json.loads((tmp_path / f"{stack.stack_name}.template.json").read_text())
    roles = [it["Properties"] for it in body["Resources"].values() if it["Type"] == "AWS::IAM::Role"]
    assert len(roles) >= 3
    assert all("policy/bounds-of-the-account" in json.dumps(it["PermissionsBoundary"]) for it in roles)


def test_no_role_is_bounded_otherwise(dev: Synthesized) -> None:
    roles = [it["Properties"] for _, _, it in dev.everything() if it["Type"] == "AWS::IAM::Role"]
    assert roles
    assert not [it for it in roles if "PermissionsBoundary" in it]


def test_the_sample_holds_back_nothing_that_a_role_needs(dev: Synthesized) -> None:
    for role in Roles(dev.folder, dev.prefix).all.values():
        for grant in role.grants:
            assert decision(grant.action, grant.resource) == "Allow", f"{role.name}: {grant}"


@pytest.mark.parametrize(
    "action", ["iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole", "kms:ScheduleKeyDeletion", "s3:DeleteBucket"]
)
def test_the_sample_keeps_roles_from_raising_themselves_and_from_deleting_for_good(action: str) -> None:
    assert decision(action, "*") != "Allow"
