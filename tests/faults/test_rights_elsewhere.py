"""No right is superfluous in any use case, or under any setting that changes what is granted."""

import fault_injection
import pytest
import rights_elsewhere
from carried_elsewhere import ROWS
from deployments import OTHERS, SETTINGS, Deployed
from rights_elsewhere import DRIVEN

QUIET = "ignore:No application metrics to publish"
pytestmark = [pytest.mark.trust, pytest.mark.timeout(900), pytest.mark.filterwarnings(QUIET)]


@pytest.fixture(autouse=True, scope="module")
def struck() -> None:
    """Clients that are made from here on are held against a role."""
    fault_injection.prepare()


@pytest.mark.parametrize("deployment", [*SETTINGS, *OTHERS])
def test_nothing_is_granted_that_nobody_needs(deployment: str, deployed: Deployed) -> None:
    assert rights_elsewhere.judge(deployment, deployed(deployment)) == []


def test_every_reason_is_one_of_a_right_that_is_granted_somewhere(deployed: Deployed) -> None:
    places = [deployed(name) for name in SETTINGS]
    pairs = [(roles, role, grant) for roles in places for role in roles.all.values() for grant in role.grants]
    for row in ROWS:
        assert any(row.covers(roles, role, grant) for roles, role, grant in pairs), row.actions


def test_what_a_setting_drives_is_driven_under_a_role_of_its_templates(deployed: Deployed) -> None:
    assert all(role in deployed(name).all for name, roles in DRIVEN.items() for role in roles)
