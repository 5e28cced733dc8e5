"""The emulator's HTTP framing: pieces, chunks, rows of requests, nonsense."""

import asyncio
from typing import Any

from local.emulator.http_message import Message, Receive, Send
from local.emulator.http_server import Server


async def exchange(application: Any, *sent: bytes) -> bytes:
    """What a server answers to these bytes, until it closes the connection."""
    server = Server(application)
    port = await server.start(0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in sent:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    await server.stop()
    return answer


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Answers with method, path, query and body; in two chunks for /stream."""
    body = (await receive())["body"]
    text = b" ".join([scope["method"].encode(), scope["path"].encode(), scope["query_string"], body])
    streamed = scope["path"] == "/stream"
    headers = [] if streamed else [(b"Content-Length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if streamed:
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await send({"type": "http.response.body", "body": text})


def test_requests_in_pieces_and_in_a_row_are_answered_in_order() -> None:
    one = b"POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe"
    two = b"lloGET /c HTTP/1.1\r\nConnection: close\r\n\r\n"
    answer = asyncio.run(exchange(echo, one, two))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b"POST /a b x=1 hello") < answer.index(b"GET /c")


def test_chunked_bodies_continue_answers_and_streams() -> None:
    head = b"PUT /up HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    answer = asyncio.run(exchange(echo, head, b"3\r\nabc\r\n", b"2;x=y\r\nde\r\n0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert answer.endswith(b"PUT /up  abcde")
    streamed = asyncio.run(exchange(echo, b"GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n"))
    assert b"5\r\nfirst\r\nd\r\nGET /stream  \r\n0\r\n\r\n" in streamed


def test_head_has_no_body_and_nonsense_is_refused() -> None:
    answer = asyncio.run(exchange(echo, b"HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n"))
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 9" in answer
    assert asyncio.run(exchange(echo, b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400")
