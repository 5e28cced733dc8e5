"""The error tree.

HeadraceError
├── UseCaseError      a use-case definition is wrong; names the field and the fix
├── RejectedError     one event, label or request is wrong; permanent, goes to quarantine or is answered with 4xx
├── SettingsError     environment variables are missing or invalid; names all of them
├── StateError        packed window state cannot be read
└── RetryableError    a dependency failed in a way that passes; the caller should try again
"""


class HeadraceError(Exception):
    """Base of every error that Headrace raises on purpose."""


class UseCaseError(HeadraceError):
    """A use-case definition is wrong. The message names the field, what is wrong and the fix."""

    def __init__(self, where: str, problem: str, fix: str) -> None:
        super().__init__(f"{where}: {problem}; {fix}")
        self.where = where


class RejectedError(HeadraceError):
    """One event, label or request cannot be accepted, however often it is tried."""

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.reason = reason
        self.field = field


class SettingsError(HeadraceError):
    """Environment variables are missing or invalid."""


class StateError(HeadraceError):
    """Packed window state cannot be read: unknown version, foreign layout or damaged bytes."""


class RetryableError(HeadraceError):
    """A dependency throttled, timed out or lost a race; the same work may succeed when tried again."""
