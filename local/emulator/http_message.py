"""HTTP/1.1 messages: parsing requests, framing responses."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_REASONS = {200: b"OK", 204: b"No Content", 206: b"Partial Content", 304: b"Not Modified", 400: b"Bad Request"}


class Request:
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


class Response:
    """Turns ASGI messages into bytes: one write when the length is known, chunks otherwise."""

    def __init__(self, write: Callable[[bytes], None], writable: asyncio.Event, request: Request) -> None:
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
