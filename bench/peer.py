"""Alternatives in an environment of their own, because they would change ours: each a process that is told to run.

``make bench`` builds the environment from requirements/peers.txt. Telemetry is off in it.
"""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from headrace.errors import HeadraceError

ENVIRONMENT = Path(".venv-peers")
SILENT = {"DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true"}


class PeerError(HeadraceError):
    """A peer cannot run."""


@contextlib.contextmanager
def peer(program: str, *arguments: str) -> Iterator[Callable[[], float]]:
    """Start a program of ``bench/peers``.

    Args:
        program: its module's name.
        arguments: passed to it.

    Yields:
        A function that makes it run once and returns the seconds that it took by its own clock.

    Raises:
        PeerError: if the peers' environment is not installed, or the program dies.
    """
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise PeerError(f"{python} is not there: run it as `make bench`, which installs requirements/peers.txt")
    script = Path(__file__).parent / "peers" / f"{program}.py"
    process = subprocess.Popen(  # noqa: S603 - a program of this repository
        [python, script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | SILENT,
    )
    requests, answers = cast(IO[str], process.stdin), cast(IO[str], process.stdout)

    def run() -> float:
        requests.write("\n")
        requests.flush()
        answer = answers.readline()
        if not answer:
            raise PeerError(f"{script.name} died; its message is above")
        return float(answer)

    try:
        yield run
    finally:
        requests.close()
        process.wait()
