"""Every right of every stage's roles is one that something was seen to fail without, or that AWS itself uses."""

import pytest
import rights_ledger
from carried_rights import ROWS
from role_grants import Role, Roles
from synthesized import Synthesized

STAGES = ("dev", "staging", "prod", "local")


def roles_of(stage: Synthesized) -> Roles:
    return Roles(stage.folder, stage.prefix)


def rights(roles: Roles, role: Role) -> set[str]:
    """As texts, without what only tells one stage or one version of the code from another."""
    texts = {f"{grant}" for grant in role.grants if not grant.resource.startswith("arn:aws:s3:::cdk-")}
    return {text.replace(roles.prefix, "headrace") for text in texts if "s3:::cdk-" not in text}


def test_every_right_was_missed_once_or_is_used_by_aws(dev: Synthesized) -> None:
    roles, kept = roles_of(dev), rights_ledger.kept()
    for name, role in roles.all.items():
        left = role.grants - rights_ledger.carried(roles, role)
        superfluous = sorted(map(str, left - {it for it in left if str(it) in kept.get(name, [])}))
        assert not superfluous, f"drive what needs it in tests/faults/right_scenarios.py, or drop it: {superfluous}"


def test_no_right_that_something_needs_is_gone(dev: Synthesized) -> None:
    roles = roles_of(dev)
    for name, needed in rights_ledger.kept().items():
        granted = set(map(str, roles.all[name].grants))
        assert not set(needed) - granted, name


def test_every_reason_is_one_of_a_right_that_is_granted(dev: Synthesized) -> None:
    roles = roles_of(dev)
    pairs = [(role, grant) for role in roles.all.values() for grant in role.grants]
    for row in ROWS:
        assert any(row.covers(roles, role, grant) for role, grant in pairs), row.actions


@pytest.mark.parametrize("stage", STAGES[1:])
def test_all_stages_grant_the_same(synth, dev: Synthesized, stage: str) -> None:
    ours, theirs = roles_of(dev), roles_of(synth(stage))
    assert ours.all.keys() == theirs.all.keys()
    for name, role in ours.all.items():
        assert rights(ours, role) == rights(theirs, theirs.all[name]), name
