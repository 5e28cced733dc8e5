"""Whether promotion is frozen: broken data hold back approvals by hand as well."""

from typing import Protocol


class Freeze(Protocol):
    """What may hold back a promotion."""

    def reason(self) -> str:
        """Why nothing is promoted; empty if models are. Raises RetryableError or DependencyError."""


def held_back(reason: str, *, usecase: str, stage: str) -> str:
    """What whoever approved reads at the package: why it is not rolled out, and what to do."""
    return (
        f"not rolled out, promotion is frozen: {reason[:600]}. Look at the data; "
        f"`headrace resume -u {usecase} --stage {stage}` lifts the freeze; then approve again"
    )
