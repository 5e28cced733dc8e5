"""A container without docker: a temporary ``/opt/ml``, an environment of its own and a process that can be stopped.

Scripts find their files as in a real image, through arguments and ``SM_*`` variables. Wherever a request says
``/opt/ml`` in a command, an argument or a variable, the path of the temporary root is put in its place.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from local.sagemaker.errors import JobFailedError, JobStoppedError

_OPT_ML = re.compile(r"(?<![\w./-])/opt/ml(?![\w.-])")
_ENTRY = Path(__file__).with_name("container_entry.py")
_POLL_S = 0.1
_GRACE_S = 5.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_REASON_CHARACTERS = 900  # AWS keeps 1,024 characters of a FailureReason; the rest is ours


class TimedOutError(JobFailedError):
    """A process ran longer than its MaxRuntimeInSeconds."""


@dataclass(frozen=True)
class Root:
    """The directory that stands for ``/`` of a container; only ``/opt/ml`` is in it."""

    path: Path

    @property
    def opt_ml(self) -> Path:
        """Where ``/opt/ml`` is on this machine."""
        return self.path / "opt" / "ml"

    def map(self, text: str) -> str:
        """The text with every path below ``/opt/ml`` moved below this root."""
        return _OPT_ML.sub(lambda _: str(self.opt_ml), text)

    def place(self, path: str) -> Path:
        """A directory of the container, created when absent.

        Raises:
            JobFailedError: if the path is not below ``/opt/ml``, which a process cannot have to itself.
        """
        if not _OPT_ML.match(path) or ".." in Path(path).parts:
            raise JobFailedError(f"ClientError: path {path} is not below /opt/ml")
        mapped = Path(self.map(path))
        mapped.mkdir(parents=True, exist_ok=True)
        return mapped

    def remove(self) -> None:
        """Delete everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)


def environment(root: Root, *layers: Mapping[str, str]) -> dict[str, str]:
    """The variables of a container: a bare system plus the layers, later ones win.

    Nothing of the emulator's own, but for a limit of threads: all containers share the cores of one machine.
    """
    bare = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(root.path),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
    }
    bare |= {name: os.environ[name] for name in _THREADS if name in os.environ}
    for layer in layers:
        bare.update({name: root.map(value) for name, value in layer.items()})
    return bare


@dataclass(kw_only=True)
class Process:
    """One running container. Standard output and error go to the log file, errors to ``.err`` beside it as well."""

    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    _process: subprocess.Popen[bytes] = field(init=False)
    _readers: list[threading.Thread] = field(init=False, default_factory=list)
    _errors: bytearray = field(init=False, default_factory=bytearray)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def start(self) -> None:
        """Start it in its own process group, bound to the life of this process."""
        self._process = subprocess.Popen(  # noqa: S603 - running the user's script is the point
            [sys.executable, "-P", str(_ENTRY), *self.command],
            env=dict(self.environment),
            cwd=self.directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for number, pipe in enumerate((self._process.stdout, self._process.stderr)):
            reader = threading.Thread(target=self._copy, args=(pipe, number == 1), daemon=True, name="container-log")
            reader.start()
            self._readers.append(reader)

    def _copy(self, pipe: IO[bytes], is_error: bool) -> None:
        with self.log.open("ab", buffering=0) as log, pipe:
            for line in pipe:
                log.write(line)
                if is_error:
                    with self._lock:
                        self._errors += line
                        del self._errors[:-65_536]

    @property
    def returncode(self) -> int | None:
        """Exit code, None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        """Process id, which is the id of its group as well."""
        return self._process.pid

    def error_tail(self) -> str:
        """The end of what it wrote to standard error."""
        with self._lock:
            return self._errors.decode(errors="replace").strip()[-_REASON_CHARACTERS:]

    def wait(self, *, timeout_s: float, stop: threading.Event) -> int:
        """Wait for the end.

        Returns:
            The exit code.

        Raises:
            TimedOutError: if it ran out of time; it is ended.
            JobStoppedError: if ``stop`` was set; it is ended.
        """
        deadline = time.monotonic() + timeout_s
        while self.returncode is None:
            if stop.is_set():
                self.end()
                raise JobStoppedError("stopped on request")
            if time.monotonic() >= deadline:
                self.end()
                raise TimedOutError(f"exceeded MaxRuntimeInSeconds ({timeout_s:g})")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_POLL_S)
        self._close()
        return self._process.returncode

    def end(self, grace_s: float = _GRACE_S) -> None:
        """Ask the process group to end, then make it."""
        for name, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, grace_s)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)
                break
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._close()

    def _close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        for reader in self._readers:
            reader.join(_GRACE_S)
