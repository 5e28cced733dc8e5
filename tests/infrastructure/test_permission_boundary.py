"""An account may bound every role by a policy of its own; the one in docs/ holds back nothing that a role needs."""

import json
from pathlib import Path

import pytest
from policy_says import decision
from role_grants import Roles
from synthesized import Synthesized

from stacks.application import Application
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack

SAMPLE = Path(__file__).parents[2] / "docs" / "permission-boundary.json"


def says(action: str, resource: str) -> str:
    """What the sample says of an action, were a role allowed everything."""
    return decision(json.loads(SAMPLE.read_text())["Statement"], action, resource)


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
            assert says(grant.action, grant.resource) == "Allow", f"{role.name}: {grant}"


@pytest.mark.parametrize(
    "action", ["iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole", "kms:ScheduleKeyDeletion", "s3:DeleteBucket"]
)
def test_the_sample_keeps_roles_from_raising_themselves_and_from_deleting_for_good(action: str) -> None:
    assert says(action, "*") != "Allow"
