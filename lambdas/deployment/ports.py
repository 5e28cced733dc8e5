"""What deployment needs of the world, and the function wired to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from headrace.events import BusEvent
from lambdas.deployment.capture import Capture
from lambdas.deployment.freeze import Freeze


@dataclass(frozen=True, slots=True)
class StackState:
    """The endpoint stack: its status, its parameters' values, capabilities and ARN."""

    status: str
    parameters: dict[str, str]
    capabilities: tuple[str, ...] = ()
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """An update of ours: its token, the stack's last status in it, and why its first resource failed, if one did.

    ``at`` is when the stack reached that status, epoch seconds; 0 if that is not known.
    """

    token: str
    status: str
    reason: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Registered:
    """A model package in the registry: its approval, and the token of the last update whose end was noted there."""

    approval: str
    settled: str = ""


class Stack(Protocol):
    """The endpoint stack."""

    def state(self) -> StackState:
        """Its present state. Raises RetryableError or DependencyError."""

    def update(self, state: StackState, *, parameter: str, value: str, token: str) -> bool:
        """Change one parameter and nothing else. Returns whether an update was started; False if nothing changes.

        Raises RetryableError if the stack is busy, or DependencyError.
        """

    def last_update(self) -> Update | None:
        """The newest update of ours, ended or not; None if there was none. Raises RetryableError or DependencyError."""

    def endpoint_config(self) -> str:
        """The name of its endpoint configuration; empty if it has none. Raises RetryableError or DependencyError."""


class Endpoint(Protocol):
    """The endpoint as SageMaker sees it."""

    def config(self) -> str:
        """The name of the configuration that serves; empty without endpoint. Raises RetryableError, DependencyError."""


class Registry(Protocol):
    """The model registry."""

    def find(self, arn: str) -> Registered | None:
        """A package; None if it was deleted. Raises RetryableError or DependencyError."""

    def settle(self, arn: str, *, token: str, rejection: str = "") -> None:
        """Note that an update's end is dealt with, and reject the package if there is a reason to.

        Raises RetryableError or DependencyError.
        """

    def hold(self, arn: str, reason: str) -> None:
        """Take an approval back, so that somebody approves again. Raises RetryableError or DependencyError."""


class Bus(Protocol):
    """The event bus."""

    def publish(self, event: BusEvent) -> None:
        """Tell everybody. Raises RetryableError or DependencyError."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The function, wired. ``clock`` gives epoch seconds.

    ``endpoint`` is None where models score in batch only, ``capture`` where no requests are captured,
    ``freeze`` where nothing freezes promotion.
    """

    stack: Stack
    endpoint: Endpoint | None
    registry: Registry
    bus: Bus
    usecase: str
    stage: str
    stack_name: str
    endpoint_name: str
    group: str
    parameter: str
    clock: Callable[[], float]
    capture: Capture | None = None
    freeze: Freeze | None = None
