"""Services that do not answer for a while, because a driver of the loop wants to see what the others do then.

A service that is out refuses every request at once with 503, as AWS does where a service is not available; what it
stores stays.
"""

import json

from local.emulator.http_message import Send

SERVICES = ("dynamodb",)
"""Those that can be out."""
_BODY = json.dumps({"__type": "ServiceUnavailable", "message": "The service is out on purpose."}).encode()
_out: set[str] = set()


def put(service: str, *, out: bool) -> None:
    """Take a service out, or bring it back.

    Raises:
        ValueError: if it is none that can be out.
    """
    if service not in SERVICES:
        raise ValueError(f"service: {service!r} cannot be out; use one of {', '.join(SERVICES)}")
    if out:
        _out.add(service)
    else:
        _out.discard(service)


def names() -> list[str]:
    """The services that are out."""
    return sorted(_out)


def is_out(service: str) -> bool:
    """Whether a service is out."""
    return service in _out


async def refuse(send: Send) -> None:
    """Answer one request of a service that is out."""
    headers = [
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"content-length", str(len(_BODY)).encode()),
        (b"x-amzn-errortype", b"ServiceUnavailable"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _BODY})
