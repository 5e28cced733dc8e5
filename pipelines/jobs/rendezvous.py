"""How the machines of a job meet, and how each learns that another is gone.

The first machine waits until all others have come, and one that is there earlier tries again. Their connections then
stay: each machine says every second that it lives. Whoever hears the end of another before its last word, or nothing
for as long as the timeout, knows which one is lost, even while its own call into XGBoost never returns.
"""

import contextlib
import json
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass

from pipelines.jobs.hosts import Hosts

_ALIVE, _DONE = b".", b"!"
_BEAT_S = 1.0
_PAUSE_S = 0.2
_HELLO_S = 5
"""How long one that has connected may take to say who it is."""
_LONGEST = 4_096


@dataclass(frozen=True, kw_only=True)
class Peers:
    """Connections by name: the first machine has one to each other, and the others have one to the first."""

    connections: Mapping[str, socket.socket]
    timeout_s: float

    def watch(self) -> str:
        """Say that this machine lives until each other has said its last word, or one is lost.

        Returns:
            Which one is lost and how that shows; empty if none was.
        """
        heard = dict.fromkeys(self.connections, time.monotonic())
        beat = 0.0
        with selectors.DefaultSelector() as selector:
            for name, connection in self.connections.items():
                connection.setblocking(False)
                selector.register(connection, selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select(_BEAT_S):
                    said = _hear(self.connections[key.data])
                    if _DONE in said:
                        selector.unregister(key.fileobj)
                    elif not said:
                        return f"{key.data} was lost"
                    heard[key.data] = time.monotonic()
                now = time.monotonic()
                if now - beat >= _BEAT_S:
                    beat = now
                    self._say(_ALIVE)
                waiting = {key.data for key in selector.get_map().values()}
                if silent := sorted(name for name in waiting if now - heard[name] > self.timeout_s):
                    return f"{silent[0]} was lost, having said nothing for {self.timeout_s} s"
        return ""

    def close(self, watching: "Future[str]", *, done: bool) -> None:
        """Hang up. The others take it for a loss unless this machine is done, which waits for their last words.

        Args:
            watching: the running ``watch``.
            done: whether this machine has nothing more to do.
        """
        if done:
            self._say(_DONE)
            wait((watching,), timeout=self.timeout_s)
        for connection in self.connections.values():
            with contextlib.suppress(OSError):  # the other one was faster
                connection.shutdown(socket.SHUT_RDWR)
        wait((watching,), timeout=_HELLO_S)
        for connection in self.connections.values():
            connection.close()

    def _say(self, word: bytes) -> None:
        for connection in self.connections.values():
            with contextlib.suppress(OSError):  # what became of the other one is heard, not said
                connection.send(word)


def meet(hosts: Hosts, address: str, open_tracker: Callable[[], int], timeout_s: float) -> tuple[Peers, int]:
    """Wait until all machines are there; the first one then opens the tracker, and all learn its port.

    Args:
        hosts: all of them.
        address: of the first one.
        open_tracker: called on the first machine once all have come; returns the port.
        timeout_s: how long one waits.

    Raises:
        HostError: naming those that did not come.
    """
    until = time.monotonic() + timeout_s
    if not hosts.leads:
        connection, port = _go(hosts, address, until, timeout_s)
        return Peers(connections={hosts.names[0]: connection}, timeout_s=timeout_s), port
    connections = _receive(hosts, address, until, timeout_s)
    port = open_tracker()
    for connection in connections.values():
        _tell(connection, {"tracker": port})
    return Peers(connections=connections, timeout_s=timeout_s), port


def _receive(hosts: Hosts, address: str, until: float, timeout_s: float) -> dict[str, socket.socket]:
    come: dict[str, socket.socket] = {}
    try:
        listener = socket.create_server((address, hosts.port), backlog=len(hosts.names))
    except OSError as error:
        raise hosts.failed(f"port {hosts.port} of {hosts.current} cannot be listened on ({error})") from error
    with contextlib.ExitStack() as unless_all_come, listener:
        while missing := [name for name in hosts.others if name not in come]:
            listener.settimeout(max(_PAUSE_S, until - time.monotonic()))
            try:
                connection, _ = listener.accept()
            except TimeoutError as error:
                raise hosts.failed(f"{', '.join(missing)} did not come within {timeout_s} s") from error
            unless_all_come.enter_context(connection)
            name = _told(connection, _HELLO_S).get("host")
            if name in missing:
                come[name] = connection
            else:
                connection.close()  # a stranger
        unless_all_come.pop_all()
    return come


def _go(hosts: Hosts, address: str, until: float, timeout_s: float) -> tuple[socket.socket, int]:
    while (left := until - time.monotonic()) > 0:
        with contextlib.suppress(OSError), contextlib.ExitStack() as unless_told:  # not there yet, or there no more
            connection = unless_told.enter_context(socket.create_connection((address, hosts.port), timeout=left))
            _tell(connection, {"host": hosts.current})
            port = _told(connection, left).get("tracker")
            if isinstance(port, int):
                unless_told.pop_all()
                return connection, port
        time.sleep(_PAUSE_S)
    raise hosts.failed(f"{hosts.names[0]} or another of them did not come within {timeout_s} s")


def _hear(connection: socket.socket) -> bytes:
    """What was said; nothing where the other end is gone."""
    try:
        return connection.recv(_LONGEST)
    except BlockingIOError:
        return _ALIVE
    except OSError:
        return b""


def _tell(connection: socket.socket, words: Mapping[str, str | int]) -> None:
    with contextlib.suppress(OSError):  # it shows when an answer is missing
        connection.sendall(json.dumps(words).encode() + b"\n")


def _told(connection: socket.socket, within_s: float) -> dict[str, object]:
    """One line that is a JSON object; empty where none comes in time."""
    connection.settimeout(within_s)
    line = b""
    try:
        while not line.endswith(b"\n") and len(line) < _LONGEST:
            if not (more := connection.recv(1)):  # what follows the line belongs to the watch
                return {}
            line += more
        words = json.loads(line)
    except (OSError, ValueError):
        return {}
    return words if isinstance(words, dict) else {}
