"""What happens in the middle of the load: a rollout, a bad model, a killed model server, a store that is out.

Each runs in a thread of its own while the load goes on, notes what it did and when, and says what did not go as it
should.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cli.deployment import Deployment
from cli.loadtest.rollout import Ending, follow
from headrace.errors import HeadraceError
from local.loop import Loop

During = Literal["rollout", "bad-model", "kill-model", "kill-store"]
_RESTART_LIMIT_S = 60.0
_POLL_S = 0.1
_SETTLING_S = 5.0
"""The load goes on for so long after all is over, to show that all is well again."""


@dataclass(frozen=True, slots=True)
class Note:
    """What was done, and when: seconds since the first request."""

    at_s: float
    text: str


Tell = Callable[[str], None]
Deed = Callable[[Tell], list[str]]
"""Does it, tells what it does, and returns what did not go as it should."""


@dataclass
class Interference:
    """One deed in the middle of the load.

    Attributes:
        deed: what is done.
        at_s: when it begins.
        elapsed_s: seconds since the first request.
    """

    deed: Deed
    at_s: float
    elapsed_s: Callable[[], float]
    notes: list[Note] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _thread: threading.Thread | None = field(default=None, init=False)
    _over_at: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin when it is time; returns at once."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="interference")
        self._thread.start()

    def over(self) -> bool:
        """Whether it is over, and was so for a while."""
        return self._over_at is not None and self.elapsed_s() >= self._over_at + _SETTLING_S

    def _run(self) -> None:
        while self.elapsed_s() < self.at_s:
            time.sleep(_POLL_S)
        try:
            self.failures += self.deed(self._tell)
        except (HeadraceError, OSError) as exc:
            self.failures.append(str(exc))
        finally:
            self._over_at = self.elapsed_s()

    def _tell(self, text: str) -> None:
        self.notes.append(Note(round(self.elapsed_s(), 1), text))


def rollout(deployment: Deployment, package: str, *, well: bool) -> Deed:
    """Approve a package; it has to end well, or to be rolled back by itself and rejected."""

    def deed(tell: Tell) -> list[str]:
        tell("approved")
        ending = follow(deployment, package)
        tell("serves" if ending.deployed else "rolled back")
        if ending.deployed == well:
            return []
        return [f"{package} {_words(ending)}" if well else f"{package} is bad and was not rolled back"]

    return deed


def _words(ending: Ending) -> str:
    return "serves" if ending.deployed else f"was rolled back: {ending.reason}"


def kill_model(loop: Loop) -> Deed:
    """Kill every process behind an endpoint, and wait until others have taken their places."""

    def deed(tell: Tell) -> list[str]:
        before = loop.model_servers()
        if not before:
            return ["there is no model server to kill"]
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        tell(f"killed process {', '.join(map(str, before.values()))}")
        deadline = time.monotonic() + _RESTART_LIMIT_S
        while not _replaced(before, loop.model_servers()):
            if time.monotonic() > deadline:
                return [f"no model server came back within {_RESTART_LIMIT_S:.0f} s"]
            time.sleep(_POLL_S)
        tell("restarted")
        return []

    return deed


def _replaced(before: Mapping[str, int], now: Mapping[str, int]) -> bool:
    return before.keys() == now.keys() and not set(before.values()) & set(now.values())


def kill_store(loop: Loop, seconds: float) -> Deed:
    """Take the store of window state out for a while."""

    def deed(tell: Tell) -> list[str]:
        loop.take_out("dynamodb")
        try:
            tell("store out")
            time.sleep(seconds)
        finally:
            loop.take_out("dynamodb", out=False)
        tell("store back")
        return []

    return deed
