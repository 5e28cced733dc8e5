"""One Lambda execution environment: a process that serves one invocation at a time."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_INIT_LIMIT_S = 60.0
_RUNTIME = Path(__file__).with_name("lambda_runtime.py")


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Everything that decides how a worker starts. Two equal launches can share workers; ``logs`` is a folder."""

    function: str
    handler: str
    timeout_s: float
    code_paths: tuple[str, ...]
    runtime_paths: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    logs: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an invocation gave: ``result`` or, when ``error`` is set, the error document; and what it logged."""

    result: Any = None
    error: dict[str, Any] | None = None
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One invocation."""

    event: object
    request_id: str
    function_arn: str
    trace_id: str | None = None


class _WorkerDiedError(Exception):
    """The process ended without an answer."""


def _log_stream(launch: Launch) -> BinaryIO:
    """A file of its own for each environment: in a shared one everybody would read, and count, the others' lines."""
    descriptor, path = tempfile.mkstemp(prefix=f"{launch.function}-", suffix=".log", dir=launch.logs)
    os.close(descriptor)
    return Path(path).open("ab+", buffering=0)


def _fatal(kind: str, call: Call, text: str) -> dict[str, Any]:
    return {"errorType": kind, "errorMessage": f"RequestId: {call.request_id} Error: {text}"}


class Worker:
    """One execution environment. Serves one invocation at a time."""

    def __init__(self, launch: Launch) -> None:
        """Start the process; the handler is imported on the first invocation's clock."""
        self.launch = launch
        self._log, self._log_seen = _log_stream(launch), 0
        self._process = subprocess.Popen(  # noqa: S603  our own runtime script on our own interpreter
            [sys.executable, "-I", "-S", str(_RUNTIME)],
            cwd=launch.code_paths[0],
            env=dict(launch.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._unread = b""
        self._ready = False

    def invoke(self, call: Call) -> Outcome:
        """Run one invocation; a worker that timed out or died must be discarded (``alive`` is then false)."""
        try:
            if not self._ready:
                failed = self._start()
                if failed:
                    return self._ended(failed)
            deadline = time.time() + self.launch.timeout_s
            self._send({**vars(call), "deadline_ms": int(deadline * 1000)})
            answer = self._receive(deadline)
        except TimeoutError:
            text = f"Task timed out after {self.launch.timeout_s:.2f} seconds"
            return self._ended(_fatal("Sandbox.Timedout", call, text))
        except (_WorkerDiedError, OSError):
            text = f"Runtime exited with error: exit status {self._process.wait()}"
            return self._ended(_fatal("Runtime.ExitError", call, text))
        return Outcome(result=answer.get("result"), error=answer.get("error"), log=self._new_log())

    @property
    def alive(self) -> bool:
        """Whether it can serve another invocation."""
        return self._process.poll() is None

    def signal(self) -> None:
        """Ask the process to end without waiting for it."""
        if self.alive:
            self._process.terminate()

    def collect(self, deadline: float) -> None:
        """Reap the process, with force after ``deadline`` (monotonic seconds)."""
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream:
                stream.close()

    def _ended(self, error: dict[str, Any]) -> Outcome:
        if self.alive:
            self._process.kill()
        self._process.wait()
        return Outcome(error=error, log=self._new_log())

    def _start(self) -> dict[str, Any] | None:
        launch = self.launch
        self._send({"code_paths": launch.code_paths, "runtime_paths": launch.runtime_paths, "handler": launch.handler})
        answer = self._receive(time.time() + _INIT_LIMIT_S)
        self._ready = "ready" in answer
        found: dict[str, Any] | None = answer.get("error")
        return found

    def _send(self, message: Mapping[str, object]) -> None:
        pipe = self._process.stdin
        if pipe is None:
            raise _WorkerDiedError
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()

    def _receive(self, deadline: float) -> dict[str, Any]:
        pipe: BinaryIO | Any = self._process.stdout
        parts = [self._unread]
        while b"\n" not in parts[-1]:
            left = deadline - time.time()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise TimeoutError
            data = os.read(pipe.fileno(), 1 << 20)
            if not data:
                raise _WorkerDiedError
            parts.append(data)
        line, _, self._unread = b"".join(parts).partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _new_log(self) -> str:
        if self._log.closed:  # the emulator stops while this invocation runs
            return ""
        self._log.seek(self._log_seen)
        written = self._log.read() or b""
        self._log_seen += len(written)
        return written.decode("utf-8", "replace").rstrip("\n")
