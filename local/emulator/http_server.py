"""A small HTTP/1.1 server for ASGI applications on asyncio streams of bytes.

The emulator is one Python process that every Lambda call, table read and object passes through, so the cost of a
request decides how many events a second the loop carries. The general servers spend half a millisecond per request on
generality (HTTP/2, TLS, header validation of untrusted peers) that a loopback port has no use for.
"""

import asyncio
from collections import deque
from urllib.parse import unquote

from local.emulator.http_message import Application, Message, Request, Response

_MAX_HEAD_BYTES = 256 * 1024


class _Connection(asyncio.Protocol):
    """One client connection: requests are answered in the order they arrive."""

    def __init__(self, application: Application, connections: set["_Connection"]) -> None:
        self._application = application
        self._connections = connections
        self._data = bytearray()
        self._request: Request | None = None
        self._queue: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self._client = ("127.0.0.1", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  narrowing only: TCP servers pass a Transport
        self._transport = transport
        self._client = transport.get_extra_info("peername") or self._client
        self._connections.add(self)
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._writable.set()
        self._connections.discard(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._data += data
        try:
            while self._next_request():
                pass
        except ValueError:
            self._write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.close()

    def _next_request(self) -> bool:
        if self._request is None:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                if len(self._data) > _MAX_HEAD_BYTES:
                    raise ValueError("the head of the request is too long")
                return False
            self._request = Request(bytes(self._data[:end]))
            del self._data[: end + 4]
            if self._request.expects_continue():
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self._request.take(self._data):
            return False
        self._queue.append(self._request)
        self._request = None
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._serve())
        return bool(self._data)

    async def _serve(self) -> None:
        while self._queue and not self._gone.is_set():
            request = self._queue.popleft()
            response = Response(self._write, self._writable, request)
            body: Message | None = {"type": "http.request", "body": bytes(request.body), "more_body": False}

            async def receive() -> Message:
                nonlocal body
                message, body = body, None
                if message is None:
                    await self._gone.wait()
                    message = {"type": "http.disconnect"}
                return message

            await self._application(self._scope(request), receive, response.send)
            if not response.finish() or not request.keep_alive:
                self.close()
                break
        self._task = None

    def _scope(self, request: Request) -> Message:
        raw_path, _, query = request.target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(raw_path.decode("latin-1")),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": request.headers,
            "client": self._client,
            "server": ("127.0.0.1", 0),
        }

    def _write(self, data: bytes) -> None:
        if self._transport and not self._gone.is_set():
            self._transport.write(data)

    def close(self) -> None:
        """Close when what was written has been sent."""
        if self._transport:
            self._transport.close()


class Server:
    """Serves one ASGI application on one loopback port."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Bind 127.0.0.1:``port`` (0 = any free one) and return the port bound."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self._application, self._connections), "127.0.0.1", port, backlog=256
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Release the port and drop every connection."""
        if self._server:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        if self._server:
            await self._server.wait_closed()
