"""Open-loop load: requests leave by a fixed timetable, however slow the answers are.

A caller that waits for one answer before it asks again sends less while the service stalls, and so hides the stall
(coordinated omission; Tene, "How NOT to measure latency", 2013). Here each request has its time, and its latency counts
from that time, also where no caller was free to send it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cli.loadtest.caller import Reply

_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Shot:
    """One request: its number, when it was due, was sent and was answered (seconds since the start), the answer."""

    number: int
    due_s: float
    sent_s: float
    ended_s: float
    reply: Reply

    @property
    def latency_ms(self) -> float:
        """From when it was due until it was answered."""
        return (self.ended_s - self.due_s) * 1000


class Line(Protocol):
    """One caller's way to the service."""

    def ask(self, number: int) -> Reply:
        """Send the request of that number. Raises nothing."""

    def close(self) -> None:
        """Hang up."""


@dataclass
class Timetable:
    """Who asks when. ``over`` may keep the load going beyond its time.

    Attributes:
        rps: requests per second.
        seconds: how long at least.
        connect: opens one caller's line.
        callers: how many may wait for an answer at the same time.
        over: asked once the time is up; the load ends when it says so.
    """

    rps: float
    seconds: float
    connect: Callable[[], Line]
    callers: int
    over: Callable[[], bool] = lambda: True
    clock: Callable[[], float] = time.perf_counter
    shots: list[Shot] = field(default_factory=list, init=False)
    _number: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)

    @property
    def elapsed_s(self) -> float:
        """Since the first request was due; 0 before the start."""
        return self.clock() - self._began if self._began else 0.0

    def run(self, report: Callable[[float, int], None]) -> list[Shot]:
        """Send everything and return every shot, in the order of the timetable.

        Args:
            report: called now and then with the seconds that have passed and how many answers there are.
        """
        self._began = self.clock()
        threads = [threading.Thread(target=self._call, daemon=True) for _ in range(self.callers)]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                report(self.elapsed_s, len(self.shots))
                time.sleep(_LOOK_S)
        finally:
            self._stop.set()  # Ctrl-C: nobody sends any more, and who is inside a call ends with the process
        return sorted(self.shots, key=lambda shot: shot.number)

    def _next(self) -> tuple[int, float] | None:
        with self._lock:
            due_s = self._number / self.rps
            if due_s >= self.seconds and self.over():
                return None
            self._number += 1
            return self._number - 1, due_s

    def _call(self) -> None:
        line = self.connect()
        try:
            while not self._stop.is_set() and (turn := self._next()):
                number, due_s = turn
                if self._stop.wait(max(0.0, due_s - self.elapsed_s)):
                    return
                sent_s = self.elapsed_s
                reply = line.ask(number)
                self.shots.append(Shot(number, due_s, sent_s, self.elapsed_s, reply))
        finally:
            line.close()
