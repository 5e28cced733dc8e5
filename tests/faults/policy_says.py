"""What a policy says of a request, by the emulator's evaluator, which follows IAM's."""

from collections.abc import Mapping, Sequence
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from role_grants import ACCOUNT, REGION


def decision(statements: Sequence[Mapping[str, Any]], action: str, resource: str, **context: str) -> str:
    """``Allow``, ``Deny`` or ``ImplicitDeny``; context keys are written with an underscore for the colon."""
    asked = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/role/session",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=REGION,
        secure_transport=True,
        service_context={key.replace("_", ":"): value for key, value in context.items()},
    )
    return str(evaluate(asked, [parse_policy_document({"Version": "2012-10-17", "Statement": [*statements]})]).decision)
