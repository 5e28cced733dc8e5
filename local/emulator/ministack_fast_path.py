"""The short way to the services that a stream's functions call a thousand times a second.

ministack looks at every request for dozens of things (browsers, custom domains, load balancers) before it routes it and
answers with a dozen headers that every client has to parse. A JSON-protocol request to one of these services needs none
of it. Authentication and authorization are the same functions as on the long way.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from local.emulator.http_message import Message, Receive, Send
from local.emulator.ministack_core import enforces_iam, module

_SERVICES = {
    b"DynamoDB_20120810": "dynamodb",
    b"Kinesis_20131202": "kinesis",
    b"Firehose_20150804": "firehose",
    b"AmazonSQS": "sqs",
}
_STREAMED = (b"SubscribeToShard",)
_Answer = tuple[int, dict[str, str], bytes | str]


def service_of(scope: Message) -> str:
    """The service of a request that may go the short way, else ''."""
    if scope["method"] != "POST" or scope["path"] != "/":
        return ""
    target = b""
    for name, value in scope["headers"]:
        if name == b"x-amz-target":
            target = value
        elif name == b"content-encoding":
            return ""
    prefix, _, operation = target.partition(b".")
    return "" if operation in _STREAMED else _SERVICES.get(prefix, "")


async def serve(service: str, scope: Message, receive: Receive, send: Send) -> None:
    """Answer a request that ``service_of`` found a service for."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = (await receive())["body"]
    request_id = str(uuid.uuid4())
    status, answered, content = await _dispatch(service, scope, headers, body, request_id)
    content = content.encode() if isinstance(content, str) else content
    start = [
        (b"content-type", answered.get("Content-Type", "application/x-amz-json-1.0").encode("latin-1")),
        (b"content-length", str(len(content)).encode()),
        (b"x-amzn-requestid", request_id.encode()),
    ]
    start += [(name.lower().encode(), value.encode()) for name, value in answered.items() if name == "x-amzn-ErrorType"]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": content})


async def _dispatch(service: str, scope: Message, headers: dict[str, str], body: bytes, request_id: str) -> _Answer:
    app, responses = module("app"), module("core.responses")
    router, evaluator = module("core.router"), module("core.iam_evaluator")
    responses.set_request_client_ip(scope["client"][0])
    access_key = router.extract_access_key_id(headers, {})
    responses.set_request_region(router.extract_region(headers, {}))
    if not enforces_iam():
        responses.set_request_account_id(access_key)
        handler: Callable[..., Awaitable[Any]] = app.SERVICE_HANDLERS[service]
        answer: _Answer = await handler("POST", "/", headers, body, {})
        return answer
    evaluator.pin_request_origin(scope["client"][0], False)
    responses.set_request_account_id(app._request_account_scope(access_key))
    evaluator.pin_signed_request("POST", "/", {}, scope["headers"])
    evaluator.pin_signed_body(body)
    answer = await app._dispatch_service_request("POST", "/", headers, body, {}, request_id)
    return answer
