"""One place that maps what the AWS SDK raises to our errors: what may pass, and what will not."""

from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import HeadraceError, RetryableError

_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "TooManyRequestsException",
        "TransactionConflictException",
    }
)


class DependencyError(HeadraceError):
    """AWS refused a call, and trying again will not help: a missing grant, an unknown resource, a wrong request."""


def code_of(exc: ClientError) -> str:
    """The error code that AWS answered."""
    return str(exc.response.get("Error", {}).get("Code", ""))


def is_throttle(exc: ClientError) -> bool:
    """Whether AWS asked to slow down."""
    return code_of(exc) in _THROTTLED or "Throttl" in code_of(exc)


def translate(exc: ClientError | BotoCoreError, *, doing: str) -> RetryableError | DependencyError:
    """Our error for an SDK error.

    Args:
        exc: what the SDK raised.
        doing: what was being tried, for the message: ``"reading window state"``.
    """
    if not isinstance(exc, ClientError):
        return RetryableError(f"{doing}: {type(exc).__name__}")
    status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if is_throttle(exc) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RetryableError(f"{doing}: {code_of(exc)}")
    return DependencyError(f"{doing}: {exc}")
