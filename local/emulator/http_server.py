"""A small HTTP/1.1 server for ASGI applications on asyncio streams of bytes.

The emulator is one Python process that every Lambda call, table read and object passes through, so the cost of a
request decides how many events a second the loop carries. The general servers spend half a millisecond per request on
generality (HTTP/2, TLS, header validation of untrusted peers) that a loopback port has no use for.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_MAX_HEAD_BYTES = 256 * 1024
_REASONS = {200: b"OK", 204: b"No Content", 206: b"Partial Content", 304: b"Not Modified", 400: b"Bad Request"}


class _Request:
    """One parsed head and the body collected so far."""

    __slots__ = ("body", "chunked", "headers", "keep_alive", "left", "method", "target")

    def __init__(self, head: bytes) -> None:
        line, *fields = head.split(b"\r\n")
        method, self.target, protocol = line.split(b" ", 2)
        self.method = method.decode("ascii")
        self.headers = [(name.lower(), value.strip()) for name, _, value in (field.partition(b":") for field in fields)]
        self.body = bytearray()
        self.left, self.chunked, self.keep_alive = 0, False, protocol == b"HTTP/1.1"
        for name, value in self.headers:
            if name == b"content-length":
                self.left = int(value)
            elif name == b"transfer-encoding":
                self.chunked = value.lower() == b"chunked"
            elif name == b"connection":
                self.keep_alive = value.lower() != b"close"

    def expects_continue(self) -> bool:
        """Whether the client waits for a go-ahead before it sends the body (boto3 does on S3 uploads)."""
        return any(name == b"expect" and value.lower() == b"100-continue" for name, value in self.headers)

    def take(self, data: bytearray) -> bool:
        """Move body bytes out of ``data``; true when the body is complete."""
        if self.chunked:
            return self._take_chunks(data)
        part = data[: self.left]
        del data[: self.left]
        self.body += part
        self.left -= len(part)
        return self.left == 0

    def _take_chunks(self, data: bytearray) -> bool:
        while (end := data.find(b"\r\n")) >= 0:
            size = int(bytes(data[:end]).split(b";")[0], 16)
            if len(data) < end + 2 + size + 2:
                return False
            self.body += data[end + 2 : end + 2 + size]
            del data[: end + 2 + size + 2]
            if size == 0:
                return True
        return False


class _Connection(asyncio.Protocol):
    """One client connection: requests are answered in the order they arrive."""

    def __init__(self, application: Application, connections: set["_Connection"]) -> None:
        self._application = application
        self._connections = connections
        self._data = bytearray()
        self._request: _Request | None = None
        self._queue: deque[_Request] = deque()
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
            self._request = _Request(bytes(self._data[:end]))
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
            response = _Response(self._write, self._writable, request)
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

    def _scope(self, request: _Request) -> Message:
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


class _Response:
    """Turns ASGI messages into bytes: one write when the length is known, chunks otherwise."""

    def __init__(self, write: Callable[[bytes], None], writable: asyncio.Event, request: _Request) -> None:
        self._write = write
        self._writable = writable
        self._head = b""
        self._bodiless = request.method == "HEAD"
        self._chunked = False
        self._done = False

    async def send(self, message: Message) -> None:
        """ASGI ``send``."""
        if message["type"] == "http.response.start":
            self._start(message["status"], message.get("headers", []))
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._bodiless:
            body = b""
        elif self._chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body += b"" if more else b"0\r\n\r\n"
        self._write(self._head + body)
        self._head, self._done = b"", not more
        await self._writable.wait()

    def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        lines = [b"HTTP/1.1 %d %b" % (status, _REASONS.get(status, b"-"))]
        lines += [b"%b: %b" % pair for pair in headers]
        self._bodiless = self._bodiless or status in (204, 304)
        self._chunked = not self._bodiless and not any(name.lower() == b"content-length" for name, _ in headers)
        if self._chunked:
            lines.append(b"transfer-encoding: chunked")
        self._head = b"\r\n".join(lines) + b"\r\n\r\n"

    def finish(self) -> bool:
        """Whether the response was completed, so that the connection can carry another request."""
        return self._done


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
