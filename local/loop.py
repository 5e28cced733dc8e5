"""The whole loop around a block of code: start the emulator, deploy, hand out clients, end everything.

    with Loop(assembly=Path("cdk.out")) as loop:
        outputs = loop.deploy()
        loop.client("kinesis").put_records(...)
        loop.wait_idle()

Leaves no process and no port behind, whatever ends the block.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from local import clients
from local.admin import LoopError, admin_call
from local.deploy import Outputs, Report, deploy, silent

_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 20.0
_POLL_S = 0.05
_LOOKS_AT_REST = 2  # an event on its way from one service to the next is in neither for a moment
_REPOSITORY = Path(__file__).resolve().parents[1]


class Loop:
    """A running local AWS with the stacks of an assembly in it."""

    region = clients.REGION

    def __init__(
        self,
        *,
        assembly: Path | None = None,
        log_dir: Path | None = None,
        enforce_iam: bool = True,
        wait_scale: float = 1.0,
    ) -> None:
        """Describe the loop; entering the context starts it.

        Args:
            assembly: The CDK cloud assembly that ``deploy()`` deploys.
            log_dir: Where ``emulator.log`` goes and, at the end, the logs of the Lambda functions and jobs; default the
                loop's scratch directory, which is removed at the end.
            enforce_iam: Whether execution-role policies are enforced.
            wait_scale: Factor on the waits of Step Functions, so that a poll every minute need not take minutes.
        """
        self.outputs: dict[str, Outputs] = {}
        self.state_dir = Path()
        self.endpoint_url = ""
        self._assembly = assembly
        self._log_dir = log_dir
        self._enforce_iam = enforce_iam
        self._wait_scale = wait_scale
        self._process: subprocess.Popen[bytes] | None = None
        self.client = lru_cache(maxsize=None)(self._client)

    def __enter__(self) -> Self:
        """Start the emulator. Everything is ended again when that fails."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End everything."""
        self.stop()

    @property
    def log_path(self) -> Path:
        """The emulator's log; while it runs, Lambda logs lie in ``state_dir / "lambda" / "logs"``."""
        return (self._log_dir or self.state_dir) / "emulator.log"

    @property
    def pid(self) -> int:
        """The emulator's process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    @property
    def session(self) -> boto3.Session:
        """Credentials and region for clients of one's own; they need ``endpoint_url``."""
        return clients.session()

    def deploy(self, report: Report = silent) -> dict[str, Outputs]:
        """Create or update the stacks of the assembly and return their outputs by stack name.

        Raises:
            LoopError: the loop was made without an assembly.
            AssemblyError: the assembly cannot be deployed here.
            DeployError: a stack failed; names the resource and the reason.
        """
        if self._assembly is None:
            raise LoopError("this loop has no assembly to deploy")
        self.outputs = deploy(self._assembly, self.endpoint_url, report)
        return self.outputs

    def _client(self, service: str) -> Any:
        """A boto3 client of this loop, made once per service."""
        return clients.client(service, self.endpoint_url)

    def output(self, stack_noun: str, key: str) -> str:
        """The output ``key`` of the stack whose name ends in ``stack_noun`` (``lake``, ``serving``, ...).

        Raises:
            LoopError: there is no such stack or output.
        """
        for name, outputs in self.outputs.items():
            if name.endswith(f"-{stack_noun}") and key in outputs:
                return outputs[key]
        raise LoopError(f"no stack {stack_noun!r} with an output {key!r}; there are {self.outputs}")

    def advance(self, seconds: float) -> float:
        """Let time pass on the injected clock; returns the new time in epoch seconds."""
        return float(self._admin("clock", {"advance_s": seconds})["now"])

    def now(self) -> float:
        """The injected clock in epoch seconds."""
        return float(self._admin("clock")["now"])

    def flush(self) -> None:
        """Close batching windows and write every Firehose buffer to S3 now.

        Raises:
            LoopError: a delivery stream could not write.
        """
        answer = self._admin("flush", {})
        if not answer["flushed"]:
            raise LoopError(f"delivery streams could not write: {answer['stuck']}; see {self.log_path}")

    def idle(self) -> dict[str, Any]:
        """Who still has work; see ``GET /_headrace/idle``."""
        return self._admin("idle")

    def resources(self) -> dict[str, str]:
        """Every resource type the local AWS accepts: ``executed``, or ``inert`` when it is only recorded."""
        return {name: str(mode) for name, mode in self._admin("resources").items()}

    def wait_idle(self, timeout_s: float = 120.0) -> None:
        """Wait until no stream, queue or job has work left. Firehose may still buffer: ``flush()`` delivers.

        Raises:
            LoopError: there is still work after ``timeout_s``.
        """
        deadline = time.monotonic() + timeout_s
        at_rest = 0
        while at_rest < _LOOKS_AT_REST:
            report = self.idle()
            at_rest = at_rest + 1 if report["idle"] else 0
            if time.monotonic() > deadline:
                raise LoopError(f"still busy after {timeout_s:.0f} s: {json.dumps(report)}")
            time.sleep(_POLL_S)

    def _start(self) -> None:
        self.state_dir = Path(tempfile.mkdtemp(prefix="headrace-loop-"))
        port = _free_port()
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        arguments = ["--port", str(port), "--state-dir", str(self.state_dir), "--wait-scale", str(self._wait_scale)]
        arguments += ["--end-with-parent", *["--enforce-iam"] * self._enforce_iam]
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
                self._admin("health", timeout_s=2.0)
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

    def _admin(self, name: str, body: dict[str, Any] | None = None, *, timeout_s: float = 180.0) -> dict[str, Any]:
        return admin_call(self.endpoint_url, name, body, timeout_s=timeout_s)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """The host's environment without its AWS settings, proxies and Python overrides."""
    dropped = ("AWS_", "MINISTACK_", "LOCALSTACK_", "PYTHON", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true"}
