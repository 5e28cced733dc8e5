"""The injected clock: wall time plus an offset that only grows.

Locally, time is an input. Kinesis arrival stamps, Firehose buffers and prefixes, schedules, alarms, queue delays,
Step Functions waits and data-capture paths all read this clock, so a test or a demo can let an hour or a week pass at
once. On AWS the same things read the wall.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Wall time plus an offset. Thread-safe; never goes backwards."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        """Start level with ``wall``, a function that returns epoch seconds."""
        self._wall = wall
        self._offset_s = 0.0
        self._moved = threading.Condition()

    def now(self) -> float:
        """Epoch seconds."""
        return self._wall() + self._offset_s

    @property
    def offset_s(self) -> float:
        """How far the clock runs ahead of the wall, in seconds."""
        return self._offset_s

    def advance(self, seconds: float) -> float:
        """Let ``seconds`` pass at once and return the new time.

        Raises:
            ValueError: ``seconds`` is negative or not finite.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"the clock only moves forward: advance by {seconds} s refused")
        with self._moved:
            self._offset_s += seconds
            self._moved.notify_all()
        return self.now()

    def set(self, epoch_s: float) -> float:
        """Move to ``epoch_s`` and return the new time.

        Raises:
            ValueError: ``epoch_s`` lies in the past.
        """
        return self.advance(epoch_s - self.now())

    def sleep(self, seconds: float, stop: threading.Event | None = None) -> None:
        """Block until ``seconds`` have passed on this clock, or ``stop`` is set (seen within half a second)."""
        deadline = self.now() + seconds
        with self._moved:
            while (left := deadline - self.now()) > 0 and not (stop and stop.is_set()):
                self._moved.wait(min(left, 0.5) if stop else left)


def iso_timestamp(epoch_s: float) -> str:
    """UTC ISO-8601 with milliseconds and ``Z``, as AWS writes it: ``2019-11-14T00:38:06.021Z``."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


clock = Clock()
"""The clock of this process: one emulator, one time."""
