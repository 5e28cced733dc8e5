"""Alternatives in an environment of their own, because they would change ours: each a process that is told to run.

``make bench`` builds the environment from requirements/peers.txt. Telemetry is off in it. Programs of ours whose memory
is measured next to theirs are run the same way.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from headrace.errors import HeadraceError

ENVIRONMENT = Path(".venv-peers")
SILENT = {
    "DO_NOT_TRACK": "1",
    "EVIDENTLY_DISABLE_TELEMETRY": "1",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "SCARF_NO_ANALYTICS": "true",
}


class PeerError(HeadraceError):
    """A peer cannot run."""


@dataclass(frozen=True)
class Program:
    """A process that runs once per call."""

    name: str
    process: "subprocess.Popen[str]"

    def __call__(self) -> float:
        """Run once; the seconds that it took by its own clock.

        Raises:
            PeerError: if it died.
        """
        requests, answers = cast(IO[str], self.process.stdin), cast(IO[str], self.process.stdout)
        with contextlib.suppress(BrokenPipeError):
            requests.write("\n")
            requests.flush()
        answer = answers.readline()
        if not answer:
            raise PeerError(f"{self.name} died; its message is above")
        return float(answer)

    def peak_mb(self) -> float:
        """The most memory that the process has held so far, libraries included, in megabytes. Linux only."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1_024


@contextlib.contextmanager
def peer(program: str, *arguments: str) -> Iterator[Program]:
    """Start a program of ``bench/peers`` in the peers' environment.

    Args:
        program: its module's name.
        arguments: passed to it.

    Raises:
        PeerError: if the peers' environment is not installed.
    """
    with _started(program, [_python(), str(_script(program)), *arguments]) as started:
        yield started


@contextlib.contextmanager
def own(module: str, *arguments: str) -> Iterator[Program]:
    """Start a module of ours in our environment.

    Args:
        module: its full name.
        arguments: passed to it.
    """
    with _started(module, [sys.executable, "-m", module, *arguments]) as started:
        yield started


def answer(program: str, *arguments: str) -> str:
    """What a program of ``bench/peers`` that runs once and ends has to say.

    Raises:
        PeerError: if the peers' environment is not installed, or the program dies.
    """
    command = [_python(), str(_script(program)), *arguments]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, env=os.environ | SILENT)  # noqa: S603 - a program of this repository
    if done.returncode:
        raise PeerError(f"{program} died; its message is above")
    return done.stdout


@contextlib.contextmanager
def _started(name: str, command: list[str]) -> Iterator[Program]:
    process = subprocess.Popen(  # noqa: S603 - a program of this repository
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | SILENT
    )
    try:
        yield Program(name, process)
    finally:
        with contextlib.suppress(BrokenPipeError):
            cast(IO[str], process.stdin).close()
        cast(IO[str], process.stdout).close()
        process.wait()


def _script(program: str) -> Path:
    return Path(__file__).parent / "peers" / f"{program}.py"


def _python() -> str:
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise PeerError(f"{python} is not there: run it as `make bench`, which installs requirements/peers.txt")
    return str(python)
