"""The emulator as a process of its own: started on a free port, waited for, ended in order, its logs kept."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from local.admin import LoopError, admin_call

_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 20.0
_POLL_S = 0.05
_REPOSITORY = Path(__file__).resolve().parents[1]


class EmulatorProcess:
    """The emulator, from ``start`` to ``stop``.

    Attributes:
        state_dir: its scratch directory; ``Path()`` before it was started.
        endpoint_url: where it listens.
    """

    def __init__(self, log_dir: Path | None, options: Sequence[str]) -> None:
        """Describe it.

        Args:
            log_dir: where its log goes and, at the end, those of functions and jobs; None: the scratch directory.
            options: further arguments of its command line.
        """
        self.state_dir = Path()
        self.endpoint_url = ""
        self._log_dir = log_dir
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log_path(self) -> Path:
        """The emulator's own log."""
        return (self._log_dir or self.state_dir) / "emulator.log"

    @property
    def pid(self) -> int:
        """Its process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            LoopError: it ended, or did not answer in time; with the end of its log.
        """
        self.state_dir = Path(tempfile.mkdtemp(prefix="headrace-loop-"))
        port = _free_port()
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        arguments = ["--port", str(port), "--state-dir", str(self.state_dir), "--end-with-parent", *self._options]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own module on our own interpreter
                [sys.executable, "-m", "local.emulator", *arguments],
                cwd=_REPOSITORY,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us; we end the emulator in order
            )
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise LoopError(f"the emulator ended while starting:\n{self._log_tail()}")
            try:
                admin_call(self.endpoint_url, "health", timeout_s=2.0)
            except (OSError, LoopError):
                time.sleep(_POLL_S)
            else:
                return
        raise LoopError(f"the emulator was not ready after {_START_LIMIT_S:.0f} s:\n{self._log_tail()}")

    def stop(self) -> None:
        """End the emulator and what it started; safe to call again."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # the session is the emulator's own
                process.wait()
        if self.state_dir != Path():
            self._keep_logs()
            shutil.rmtree(self.state_dir, ignore_errors=True)

    def _keep_logs(self) -> None:
        if self._log_dir:
            for log in self.state_dir.glob("*/logs/*.log"):
                kept = self._log_dir / log.parent.parent.name
                kept.mkdir(parents=True, exist_ok=True)
                shutil.copy(log, kept / log.name)

    def _log_tail(self) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines() if self.log_path.exists() else []
        return "\n".join(lines[-15:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """The host's environment without its AWS settings, proxies and Python overrides."""
    dropped = ("AWS_", "MINISTACK_", "LOCALSTACK_", "PYTHON", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true"}
