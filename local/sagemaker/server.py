"""One model server as the endpoint sees it: started, health-checked, invoked over kept connections, restarted."""

import contextlib
import http.client
import itertools
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headrace.errors import HeadraceError
from local.sagemaker.container import Process, Root

PING_TIMEOUT_S = 120.0
INVOCATION_TIMEOUT_S = 60.0
_POLL_S = 0.05
_SUPERVISION_S = 0.2
_RESTART_PAUSE_S = 0.5
_PROGRAM = Path(__file__).with_name("model_server.py")


class UnhealthyError(HeadraceError):
    """The server did not answer its health check. The message is the end of what it wrote to standard error."""


class UnavailableError(HeadraceError):
    """The server did not answer an invocation: it is down, restarting or too slow."""


@dataclass(frozen=True)
class Answer:
    """What the container answered."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None = None


@dataclass(kw_only=True)
class Server:
    """A model server over an unpacked model directory. Close it, or its process lives as long as this one."""

    root: Root
    environment: Mapping[str, str]
    log: Path
    _process: Process | None = field(init=False, default=None)
    _port: int | None = field(init=False, default=None)
    _idle: "queue.LifoQueue[http.client.HTTPConnection]" = field(init=False, default_factory=queue.LifoQueue)
    _closed: threading.Event = field(init=False, default_factory=threading.Event)
    _starts: "itertools.count[int]" = field(init=False, default_factory=itertools.count)

    def start(self, timeout_s: float = PING_TIMEOUT_S) -> None:
        """Start the process and wait for a healthy ping; from then on it is restarted when it dies.

        Raises:
            UnhealthyError: if it ends or does not answer in time; nothing is left running.
        """
        self._start(timeout_s)
        threading.Thread(target=self._supervise, daemon=True, name=f"supervise-{self.root.path.name}").start()

    def _start(self, timeout_s: float) -> None:
        port_file = self.root.path / f"port-{next(self._starts)}"
        environment = {**self.environment, "HEADRACE_PORT_FILE": str(port_file)}
        process = Process(
            command=["python3", "-P", str(_PROGRAM)], environment=environment, directory=self.root.path, log=self.log
        )
        process.start()
        self._process = process
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and process.returncode is None and not self._closed.is_set():
            if port_file.exists() and _healthy(int(port_file.read_text())):
                self._idle = queue.LifoQueue()
                self._port = int(port_file.read_text())
                return
            time.sleep(_POLL_S)
        process.end()
        raise UnhealthyError(process.error_tail() or "no answer to /ping")

    def _supervise(self) -> None:
        while not self._closed.wait(_SUPERVISION_S):
            if self._process is None or self._process.returncode is not None:
                self._port = None
                if self._process is not None:
                    self._process.end()  # reaps it and whatever it left in its group
                with contextlib.suppress(UnhealthyError):  # tried again until the endpoint goes
                    self._start(PING_TIMEOUT_S)
                self._closed.wait(_RESTART_PAUSE_S)

    @property
    def pid(self) -> int | None:
        """Process id, None before the start."""
        return self._process.pid if self._process else None

    def invoke(self, body: bytes, headers: Mapping[str, str], timeout_s: float = INVOCATION_TIMEOUT_S) -> Answer:
        """Send one invocation.

        Raises:
            UnavailableError: if there is no answer.
        """
        if self._port is None:
            raise UnavailableError("the model server is not running")
        pool = self._idle
        try:
            connection = pool.get_nowait()
        except queue.Empty:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout_s)
        try:
            connection.request("POST", "/invocations", body=body, headers=dict(headers))
            response = connection.getresponse()
            answer = Answer(
                status=response.status,
                content_type=response.getheader("Content-Type", ""),
                body=response.read(),
                custom_attributes=response.getheader("X-Amzn-SageMaker-Custom-Attributes"),
            )
        except (OSError, http.client.HTTPException) as exc:
            connection.close()
            raise UnavailableError(f"{type(exc).__name__}: {exc}") from exc
        pool.put(connection)
        return answer

    def close(self) -> None:
        """End the process and delete its files."""
        self._closed.set()
        self._port = None
        if self._process is not None:
            self._process.end()
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                break
        self.root.remove()


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
