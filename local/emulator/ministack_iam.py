"""Role sessions and policy evaluation in ministack."""

import hashlib

from local.clients import ACCESS_KEY, SECRET_KEY
from local.emulator.ministack_core import ACCOUNT_ID, REGION, enforces_iam, module, scope


def session(role_arn: str, name: str) -> dict[str, str]:
    """The credentials of a session of a role as environment variables; see ``roles.session``."""
    if not enforces_iam():
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_SESSION_TOKEN": ""}
    digest = hashlib.sha256(f"{role_arn}#{name}".encode()).hexdigest()
    key = f"ASIA{digest[:16].upper()}"
    role = role_arn.rpartition("/")[2]
    record = {
        "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{name[:64]}",
        "UserId": f"{role}:{name[:64]}",
        "SecretAccessKey": digest,
        "SessionToken": f"{digest}token",
    }
    module("services.sts").register_session(key, record)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": digest, "AWS_SESSION_TOKEN": f"{digest}token"}


def refused(role_arn: str, action: str, resource_arn: str, session_name: str) -> str:
    """The principal that may not do ``action``, or '' when it may."""
    key = session(role_arn, session_name)["AWS_ACCESS_KEY_ID"]
    with scope():
        refusal = module("core.iam_evaluator").enforce(
            key, action, action.partition(":")[0], REGION, resource_arn=resource_arn
        )
    if refusal is None:
        return ""
    return str(getattr(refusal, "principal_arn", "") or role_arn)
