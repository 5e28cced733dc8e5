"""Execution roles: credentials for a process that acts as one, and the check of what one may do."""

from local.emulator import ministack_iam
from local.emulator.ministack_core import enforces_iam


class DeniedError(Exception):
    """The role's policies do not allow the action. The message is AWS's."""


def session(role_arn: str, name: str) -> dict[str, str]:
    """Credentials of a session of a role, as environment variables for a child process.

    Args:
        role_arn: The execution role of the job, model or function.
        name: The session name, as it appears in error messages.

    Returns:
        ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and ``AWS_SESSION_TOKEN``. When the loop does not enforce IAM
        they are the account's own.
    """
    return ministack_iam.session(role_arn, name)


def require(role_arn: str, action: str, resource_arn: str, session_name: str = "local") -> None:
    """Refuse what a role may not do; allows everything when the loop does not enforce IAM.

    Raises:
        DeniedError: the role does not exist or its policies do not allow ``action`` on ``resource_arn``.
    """
    if enforces_iam() and (principal := ministack_iam.refused(role_arn, action, resource_arn, session_name)):
        raise DeniedError(
            f"User: {principal} is not authorized to perform: {action} on resource: {resource_arn} "
            f"because no identity-based policy allows the {action} action"
        )
