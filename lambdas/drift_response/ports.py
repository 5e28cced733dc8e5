"""What drift response needs from outside: its ledger, the lake, the bus, people; and the function, wired."""

from dataclasses import dataclass
from typing import Protocol

from headrace.errors import RetryableError
from headrace.events import BusEvent
from headrace.reaction import Memory
from headrace.usecase import UseCase
from lambdas.drift_response.record import Record


class LostRaceError(RetryableError):
    """Somebody else decided in the meantime; the same work succeeds when tried again."""


class Ledger(Protocol):
    """Decisions, and what is remembered between them."""

    def find(self, id_: str) -> tuple[Record, bool] | None:
        """The record of an id and whether it is closed; None if there is none."""

    def memory(self) -> tuple[Memory, int]:
        """What is remembered, and its version; 0 if nothing ever was."""

    def commit(self, record: Record, memory: Memory, version: int) -> None:
        """Write both or neither. Raises LostRaceError if the record is there or the version is another."""

    def close(self, id_: str) -> None:
        """Say that everything the record demands is done."""

    def conclude(self, id_: str, outcome: str) -> None:
        """Say what became of a decision; nothing if there is no such record.

        What a training said of its own end counts more than that somebody stopped it while it told.
        """

    def claim(self, request_id: str, execution: str) -> bool:
        """Claim a request for an execution unless another one has. Returns whether it is that execution's."""

    def release(self, execution: str) -> None:
        """Free retraining's lock if this execution holds it."""


class Lake(Protocol):
    """Objects of the lake."""

    def read(self, key: str) -> bytes | None:
        """An object's bytes; None if there is none."""

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""


class Bus(Protocol):
    """EventBridge."""

    def publish(self, event: BusEvent) -> None:
        """Put one event."""


class People(Protocol):
    """Who is told."""

    def tell(self, subject: str, text: str, *, page: bool) -> None:
        """Send a message; ``page`` if it cannot wait."""


@dataclass(frozen=True, kw_only=True)
class DriftResponse:
    """The function, wired."""

    usecase: UseCase
    stage: str
    endpoint: str
    bucket: str
    ledger: Ledger
    lake: Lake
    bus: Bus
    people: People
