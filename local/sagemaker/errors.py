"""Errors that go back to a caller in AWS's shape."""

from collections.abc import Mapping
from typing import Any

from headrace.errors import HeadraceError


class ServiceError(HeadraceError):
    """A request is answered with this error: AWS's code, its message and the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.extra = dict(extra or {})


class ValidationError(ServiceError):
    """The request breaks a rule of the API or names something that is not there."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class ResourceNotFoundError(ServiceError):
    """The operations that AWS answers with ``ResourceNotFound`` rather than ``ValidationException``."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFound", message)


class ResourceInUseError(ServiceError):
    """The name is taken or the resource is needed by another one."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceInUse", message)


class JobFailedError(HeadraceError):
    """A job or step ended badly. The message is AWS's FailureReason."""


class JobStoppedError(HeadraceError):
    """A job was stopped on request."""
