"""The check after traffic: what a new model answers reaches the lake, or people learn that monitors see nothing.

SageMaker writes captured requests some minutes after it answered them, and a missing grant or key shows nowhere else.
So with each model that serves a message is sent that comes back a quarter of an hour later, and again until there were
enough requests to tell.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from headrace.errors import RejectedError

DUE = "Capture Check Due"
DELAY_S = 900
"""The longest that a queue holds a message back."""
LOOKS = 96
"""A day: a model that nobody asks is nothing that people have to be told."""
FLUSH_S = 120
"""Answers of the old fleet may be written for so long after it is gone."""
ENOUGH = 50
"""Requests that the sampling should have taken: below, none in the lake may be chance."""

Checked = Literal["captured", "uncaptured", "postponed", "unasked"]


class Reminders(Protocol):
    """Messages to ourselves."""

    def send(self, body: str, *, delay_s: int) -> None:
        """Send one. Raises RetryableError or DependencyError."""


class CaptureFiles(Protocol):
    """Captured requests in the lake."""

    def written_since(self, at: float) -> bool:
        """Whether there is a file younger than ``at``, epoch seconds. Raises RetryableError or DependencyError."""


class Traffic(Protocol):
    """Requests to the endpoint."""

    def requests(self, since: float, until: float) -> float:
        """How many there were between two moments, epoch seconds. Raises RetryableError or DependencyError."""


@dataclass(frozen=True, kw_only=True)
class Capture:
    """What the check needs. ``percent`` of the requests are captured."""

    reminders: Reminders
    files: CaptureFiles
    traffic: Traffic
    percent: int

    def remind(self, due: "CaptureDue") -> None:
        """Come back in a quarter of an hour. Raises RetryableError or DependencyError."""
        detail = {"ModelPackageArn": due.package_arn, "Since": due.since, "Look": due.look}
        body = {"source": "headrace", "detail-type": DUE, "detail": detail}
        self.reminders.send(json.dumps(body), delay_s=DELAY_S)


@dataclass(frozen=True, slots=True)
class CaptureDue:
    """A check of the model that serves since a moment, epoch seconds; the first look is 1."""

    package_arn: str
    since: float
    look: int

    @classmethod
    def read(cls, detail: Mapping[str, Any]) -> "CaptureDue":
        """Read our own message. Raises RejectedError if it is none."""
        try:
            return cls(str(detail["ModelPackageArn"]), float(detail["Since"]), int(detail["Look"]))
        except (KeyError, TypeError, ValueError) as exc:
            raise RejectedError("is not a check of captured requests", field="detail") from exc


def check(due: CaptureDue, capture: Capture, now: float) -> Checked:
    """Look for captured requests of the model that serves.

    Raises:
        RetryableError: if AWS throttles.
        DependencyError: if AWS refuses for good.
    """
    since = due.since + FLUSH_S
    if capture.files.written_since(since):
        return "captured"
    if capture.traffic.requests(since, now - FLUSH_S) * capture.percent / 100 >= ENOUGH:
        return "uncaptured"
    if due.look >= LOOKS:
        return "unasked"
    capture.remind(CaptureDue(due.package_arn, due.since, due.look + 1))
    return "postponed"
