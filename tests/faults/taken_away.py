"""Takes a role's rights away one by one, and sees what is missed."""

from collections.abc import Callable, Iterator
from typing import Any

from role_grants import Grant, Role
from role_guard import Guard

Walk = Callable[[Guard | None], Any]
"""What is done under a role, held against a guard if one is given. Returns how it ended."""


def missed(role: Role, walk: Walk) -> Iterator[Grant]:
    """Grants without which a walk ends otherwise; each of those that it uses is taken away in turn."""
    calm, guard = walk(None), Guard(role.grants)
    assert walk(guard) == calm, f"{role.name} lacks {guard.refused}"
    assert not guard.refused, f"{role.name} lacks {guard.refused}"
    for grant in sorted(guard.used, key=str):
        if walk(Guard(role.grants, removed=grant)) != calm:
            yield grant
