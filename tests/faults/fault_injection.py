"""Makes one AWS call of a process go wrong, whichever client makes it, and counts the calls.

It hangs in botocore's events of the default session, so every client that a function makes is under it, and a new
function joins without a line here. Faults act on a call as the function sees it, after the SDK's own retries; "sent
twice" is those retries: an effect whose answer was lost on the way, and the same request once more.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

import boto3
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber

KINDS = (
    "throttle",
    "server error",
    "access denied",
    "timeout after success",
    "sent twice",
    "crash before",
    "crash after",
)
_REFUSALS = {
    "throttle": ("ThrottlingException", 400),
    "server error": ("InternalFailure", 500),
    "access denied": ("AccessDeniedException", 403),
}
Answering = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""A service that is played by a test: operation and parameters in, answer out. Raises RefusalError."""


class Permitting(Protocol):
    """What a process may do. Both are asked with service, operation and parameters."""

    def refuses(self, service: str, operation: str, given: Mapping[str, Any]) -> str:
        """Why it may not, or ''."""

    def hides(self, service: str, operation: str, given: Mapping[str, Any]) -> bool:
        """Whether it may not learn that there is no such object."""


class KilledError(BaseException):
    """The process died. No handler may catch it, so it is no Exception."""


class RefusalError(Exception):
    """What a played service refuses, with its error code."""

    def __init__(self, code: str, message: str = "refused") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Fault:
    """``kind`` strikes the call of this number; from there on every call of ``operation``, if one is named."""

    kind: str
    number: int = -1
    operation: str = ""


@dataclass
class Injector:
    """The calls of one run, and what goes wrong in it."""

    fault: Fault | None = None
    calls: list[str] = field(default_factory=list)
    struck: int = 0
    active: bool = False
    played: dict[str, Answering] = field(default_factory=dict)
    guard: "Permitting | None" = None
    environment: dict[str, str] = field(default_factory=dict)
    """What the function reads from its environment instead of what its scenario sets."""
    sends: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Calls within count and may fail."""
        self.active = True
        try:
            yield
        finally:
            self.active = False

    def strikes(self, name: str) -> str:
        """Count a call. Returns the kind of fault that strikes it, or ''."""
        if not self.active:
            return ""
        with self._lock:
            number = len(self.calls)
            self.calls.append(name)
            fault = self.fault
            hit = fault is not None and (fault.number == number or fault.operation == name)
            self.struck += hit
            return fault.kind if fault is not None and hit else ""


_current = Injector()
_sending = threading.local()


def install(injector: Injector) -> None:
    """Put every client under this injector."""
    global _current  # noqa: PLW0603  # the one place; clients outlive runs
    _current = injector


def prepare() -> None:
    """Give the process a default session whose clients ask the injector; once, before the first client is made."""
    boto3.setup_default_session(region_name="eu-west-1")
    events = boto3.DEFAULT_SESSION.events
    events.register("provide-client-params", _note)
    events.register("before-call", _before)
    events.register("after-call", _after)
    events.register_first("before-send", _send)


def _note(params: Any, context: dict[str, Any], **_: object) -> None:
    context["given"] = params


def _name(model: Any) -> str:
    return f"{model.service_model.service_name}:{model.name}"


def _before(model: Any, context: dict[str, Any], **_: object) -> tuple[Any, Any] | None:
    name = _name(model)
    kind = context["fault"] = _current.strikes(name)
    _sending.twice = kind == "sent twice"
    if kind == "crash before":
        raise KilledError(name)
    if kind in _REFUSALS:
        return _refusal(*_REFUSALS[kind])
    if denial := _denial(model, context["given"]):
        return _refusal(_denied_code(model), 403, denial)
    played = _current.played.get(model.service_model.service_name)
    if played is None:
        return None
    try:
        for _repeat in range(1 + (kind == "sent twice")):
            answer = played(model.name, context["given"])
    except RefusalError as exc:
        return _refusal(exc.code, 400, str(exc))
    return SimpleNamespace(status_code=200), answer


def _denial(model: Any, given: Mapping[str, Any]) -> str:
    guard = _current.guard if _current.active else None
    return guard.refuses(model.service_model.service_name, model.name, given) if guard else ""


def _hidden(model: Any, given: Mapping[str, Any]) -> bool:
    guard = _current.guard if _current.active else None
    return guard is not None and guard.hides(model.service_model.service_name, model.name, given)


def _denied_code(model: Any) -> str:
    """Services that speak JSON call it an exception."""
    return "AccessDeniedException" if "json" in model.service_model.metadata["protocol"] else "AccessDenied"


def _after(model: Any, context: dict[str, Any], parsed: Any, **_: object) -> None:
    if parsed.get("Error", {}).get("Code") in ("NoSuchKey", "404") and _hidden(model, context["given"]):
        parsed["Error"] = {"Code": _denied_code(model), "Message": "not yours to know"}
    if context.get("fault") == "crash after":
        raise KilledError(_name(model))
    if context.get("fault") == "timeout after success":
        raise ReadTimeoutError(endpoint_url="https://aws")


def _send(request: Any, event_name: str, **_: object) -> Any:
    """Let a request that is sent twice take effect a first time."""
    own = _current.sends.get(event_name.split(".")[1])
    twice, _sending.twice = getattr(_sending, "twice", False), False
    if twice:
        _ = own(request) if own else botocore_stubber(event_name, request)
        request.reset_stream()
    return own(request) if own else None


def _refusal(code: str, status: int, message: str = "injected") -> tuple[Any, Any]:
    error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return SimpleNamespace(status_code=status), error
