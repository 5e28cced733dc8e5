"""Every right of every role is missed by somebody once it is gone, and no call is made without one."""

from collections.abc import Iterator

import fault_injection
import pytest
import rights_ledger
from carried_rights import ROWS
from deployments import DEFAULT
from fault_injection import Injector
from machine_scenarios import COURSES
from right_scenarios import DRIVEN, NAMES
from role_grants import Roles
from role_guard import Guard
from taken_away import Walk, missed

QUIET = "ignore:No application metrics to publish"
pytestmark = [pytest.mark.trust, pytest.mark.timeout(900), pytest.mark.filterwarnings(QUIET)]


@pytest.fixture(autouse=True, scope="module")
def struck() -> None:
    """Clients that are made from here on are held against a role."""
    fault_injection.prepare()


def walks(name: str, roles: Roles) -> Iterator[Walk]:
    """Everything that is done under a role by code or definitions of ours."""
    for driven in DRIVEN.get(name, ()):
        yield lambda guard, driven=driven: driven(Injector(guard=guard, environment=dict(NAMES)))
    for course in COURSES.get(name, ()):
        if course.deployment == DEFAULT:
            yield lambda guard, course=course: course.walk(roles, guard=guard)[1]


@pytest.mark.parametrize("name", [*DRIVEN, *(it for it, (first, *_) in COURSES.items() if first.deployment == DEFAULT)])
def test_a_right_that_is_taken_away_is_missed(name: str, dev_roles: Roles) -> None:
    role = dev_roles.all[name]
    found = {grant for walk in walks(name, dev_roles) for grant in missed(role, walk)}
    rights_ledger.driven[name] = found
    left = [it for it in role.grants - found if not any(row.covers(dev_roles, role, it) for row in ROWS)]
    assert not left, f"{name} is allowed what nobody needs: {', '.join(map(str, left))}"


def test_the_guard_notices_a_call_without_a_right(dev_roles: Roles) -> None:
    role = dev_roles.all["features/GroundTruth"]
    guard = Guard(it for it in role.grants if it.action != "s3:PutObject")
    walk = next(walks(role.name, dev_roles))
    assert walk(guard) != walk(None)
    assert {it.action for it in guard.refused} == {"s3:PutObject"}
