"""Holds every call of a process against its role's policies, as IAM does, and remembers what was asked."""

from collections.abc import Iterable, Mapping
from typing import Any

from call_rights import Right, listing, needed
from ministack.core.iam_evaluator import EvalContext, ParsedStatement, evaluate, parse_policy_document
from role_grants import ACCOUNT, REGION, Grant


class Guard:
    """A role's grants, without one of them if ``removed`` is given.

    Grants of one action on several resources are told apart, so that one of them can be taken away.
    """

    def __init__(self, grants: Iterable[Grant], *, removed: Grant | None = None) -> None:
        self._statements = {grant: _parsed(grant) for grant in grants if grant != removed}
        self.used: set[Grant] = set()
        self.refused: set[Right] = set()

    def refuses(self, service: str, operation: str, given: Mapping[str, Any]) -> str:
        """Why a call may not be made, or ''."""
        missing = [right for right in needed(service, operation, given) if not self.allows(right)]
        return ", ".join(f"no identity-based policy allows the {it.action} action on {it.resource}" for it in missing)

    def hides(self, service: str, operation: str, given: Mapping[str, Any]) -> bool:
        """Whether the absence of what was asked for is not this role's to know."""
        right = listing(service, operation, given)
        return right is not None and not self.allows(right)

    def allows(self, right: Right) -> bool:
        """Whether a policy allows it. Every grant that does counts as used."""
        context = EvalContext(
            principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/role/session",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=right.action,
            resource_arn=right.resource,
            region=REGION,
            secure_transport=True,
            service_context=dict(right.context),
        )
        allowing = {it for it, parsed in self._statements.items() if evaluate(context, [parsed]).decision == "Allow"}
        self.used |= allowing
        if not allowing:
            self.refused.add(right)
        return bool(allowing)


def _parsed(grant: Grant) -> list[ParsedStatement]:
    return list(parse_policy_document({"Version": "2012-10-17", "Statement": [grant.statement()]}))
