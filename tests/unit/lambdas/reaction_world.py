"""Drift response around stores in memory, which may fail before or after any of their calls."""

import json
from collections.abc import Callable
from typing import Any

from headrace.events import BusEvent
from headrace.reaction import Memory
from headrace.usecase import UseCase
from lambdas.drift_response.logic import Handled, handle
from lambdas.drift_response.ports import DriftResponse, LostRaceError
from lambdas.drift_response.record import Record

ENDPOINT = "headrace-fraud-dev"
START = 1_767_225_600


class KilledError(Exception):
    """The function died here."""


class Faults:
    """Dies at the given call, counted over all stores; ``after``: once the call has taken effect."""

    def __init__(self, at: int = -1, *, after: bool = False) -> None:
        self.at, self.after, self.calls = at, after, 0

    def __call__(self, effect: Callable[[], Any]) -> Any:
        mine, self.calls = self.calls, self.calls + 1
        if mine == self.at and not self.after:
            raise KilledError
        found = effect()
        if mine == self.at:
            raise KilledError
        return found


class World:
    """Every store of the function, and the function."""

    def __init__(self, usecase: UseCase, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.records: dict[str, Record] = {}
        self.closed: set[str] = set()
        self.outcomes: dict[str, str] = {}
        self.remembered, self.version = Memory(), 0
        self.objects: dict[str, bytes] = {}
        self.published: list[BusEvent] = []
        self.released: list[str] = []
        self.claimed: dict[str, str] = {}
        self.told: list[tuple[str, bool]] = []
        self.function = DriftResponse(
            usecase=usecase,
            stage="dev",
            endpoint=ENDPOINT,
            bucket="lake",
            ledger=self,
            lake=self,
            bus=self,
            people=self,
        )

    def find(self, id_: str) -> tuple[Record, bool] | None:
        found = self.faults(lambda: self.records.get(id_))
        return (found, id_ in self.closed) if found else None

    def memory(self) -> tuple[Memory, int]:
        return self.faults(lambda: (self.remembered, self.version))

    def commit(self, record: Record, memory: Memory, version: int) -> None:
        def write() -> None:
            if record.id in self.records or version != self.version:
                raise LostRaceError("raced")
            self.records[record.id] = Record.from_json(record.to_json())
            self.remembered, self.version = Memory.from_json(memory.to_json()), version + 1

        self.faults(write)

    def close(self, id_: str) -> None:
        self.faults(lambda: self.closed.add(id_))

    def conclude(self, id_: str, outcome: str) -> None:
        self.faults(lambda: self.outcomes.update({id_: outcome}))

    def claim(self, request_id: str, execution: str) -> bool:
        return self.faults(lambda: self.claimed.setdefault(request_id, execution)) == execution

    def release(self, execution: str) -> None:
        self.faults(lambda: self.released.append(execution))

    def read(self, key: str) -> bytes | None:
        return self.faults(lambda: self.objects.get(key))

    def put(self, key: str, body: bytes) -> None:
        self.faults(lambda: self.objects.update({key: body}))

    def publish(self, event: BusEvent) -> None:
        self.faults(lambda: self.published.append(event))

    def tell(self, subject: str, text: str, *, page: bool) -> None:
        self.faults(lambda: self.told.append((subject, page)))

    def handle(self, body: str) -> Handled:
        return handle(body, self.function)

    def of(self, kind: type[BusEvent]) -> list[Any]:
        return [it for it in self.published if isinstance(it, kind)]

    def actions(self) -> list[str]:
        return [it.action for _, it in sorted(self.records.items())]

    def window(
        self, hour: int, *violations: dict[str, str], kind: str = "data-quality", name: str = "constraint"
    ) -> str:
        """Write a window's document and give the message about it."""
        key = f"monitoring/{ENDPOINT}/{ENDPOINT}-{kind}/2026/01/01/{hour:02}/{name}_violations.json"
        self.objects[key] = json.dumps({"violations": list(violations)}).encode()
        return s3_event(key, time=f"2026-01-01T{hour:02}:10:00Z")


def drift(feature: str, distance: float) -> dict[str, str]:
    """A line as both monitors write it."""
    words = f"Baseline drift distance: {distance} exceeds threshold: 0.1"
    return {"feature_name": feature, "constraint_check_type": "baseline_drift_check", "description": words}


def s3_event(key: str, *, time: str, event_id: str = "e") -> str:
    """S3's event about a new object."""
    detail = {"bucket": {"name": "lake"}, "object": {"key": key, "sequencer": "0", "etag": "x"}}
    return envelope("aws.s3", "Object Created", detail, time=time, event_id=event_id)


def own_event(event: BusEvent, *, time: str) -> str:
    """One of ours."""
    entry = event.to_entry()
    return envelope(entry["Source"], entry["DetailType"], json.loads(entry["Detail"]), time=time)


def envelope(source: str, kind: str, detail: Any, *, time: str, event_id: str = "e") -> str:
    """An EventBridge event as a queue message."""
    return json.dumps({"id": event_id, "source": source, "detail-type": kind, "time": time, "detail": detail})
