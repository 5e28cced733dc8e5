"""The application behind the port: our own endpoints, and ministack for everything else."""

import json

from local.emulator import admin, ministack_fast_path
from local.emulator.http_message import Message, Receive, Send
from local.emulator.ministack_core import module


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """ASGI application."""
    if service := ministack_fast_path.service_of(scope):
        await ministack_fast_path.serve(service, scope, receive, send)
        return
    if not scope["path"].startswith(admin.PREFIX):
        await module("app").app(scope, receive, send)
        return
    body = (await receive()).get("body", b"")
    status, document = await admin.handle(scope["method"], scope["path"], body)
    answer = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
