"""The application behind the port: our own endpoints, and ministack for everything else."""

import json
import time

from local.emulator import admin, ministack_fast_path, ministack_metrics, outages
from local.emulator.http_message import Message, Receive, Send
from local.emulator.ministack_core import module


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """ASGI application."""
    service = ministack_fast_path.service_of(scope)
    if service and outages.is_out(service):
        await receive()
        await outages.refuse(send)
    elif service:
        await ministack_fast_path.serve(service, scope, receive, send)
    elif scope["path"].startswith(admin.PREFIX):
        await _administer(scope, receive, send)
    elif api_id := ministack_metrics.api_of(scope["path"]):
        await _counted(api_id, scope, receive, send)
    else:
        await module("app").app(scope, receive, send)


async def _administer(scope: Message, receive: Receive, send: Send) -> None:
    body = (await receive()).get("body", b"")
    status, document = await admin.handle(scope["method"], scope["path"], body)
    answer = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def _counted(api_id: str, scope: Message, receive: Receive, send: Send) -> None:
    started, status = time.perf_counter(), 0

    async def watched(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        await send(message)

    await module("app").app(scope, receive, watched)
    ministack_metrics.count_api_request(api_id, status, (time.perf_counter() - started) * 1000)
