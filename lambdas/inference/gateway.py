"""API Gateway's two event formats as a request, and an answer as both of them take it.

HTTP APIs send payload format 2.0, REST APIs format 1.0. An event that is neither becomes a request without a route: who
may invoke the function may send it anything.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from lambdas.inference.exchange import CORRELATION, Answer, Request

_ACCEPTED = re.compile(r"[!-~]{1,128}")
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
"""Made once: ``json.dumps`` with options makes an encoder for every answer."""


def request_of(event: object, *, request_id: str) -> Request:
    """The request in an event.

    Args:
        event: as Lambda got it.
        request_id: stands in for a correlation id that the caller did not give, or that is no plain text.
    """
    event = _mapping(event)
    context = _mapping(event.get("requestContext"))
    http = context.get("http")
    if isinstance(http, Mapping):
        method, path = http.get("method"), _without_stage(event.get("rawPath"), context.get("stage"))
    else:
        method, path = event.get("httpMethod"), event.get("path")
    headers = _mapping(event.get("headers"))
    given = _header(headers, CORRELATION) or ""
    return Request(
        method=str(method or ""),
        path=str(path or ""),
        content_type=_header(headers, "content-type"),
        body=_body(event.get("body"), encoded=event.get("isBase64Encoded") is True),
        query=_mapping(event.get("queryStringParameters")),
        correlation_id=given if _ACCEPTED.fullmatch(given) else request_id,
    )


def response_of(answer: Answer, correlation_id: str) -> dict[str, object]:
    """An answer in the form that both formats take."""
    return {
        "statusCode": int(answer.status),
        "headers": {**answer.headers, CORRELATION: correlation_id},
        "body": _encode(answer.body),
        "isBase64Encoded": False,
    }


def _without_stage(path: object, stage: object) -> object:
    """The path of an HTTP API begins with the stage's name, unless that is ``$default``."""
    prefix = f"/{stage}"
    return path[len(prefix) :] if isinstance(path, str) and path.startswith(f"{prefix}/") else path


def _header(headers: Mapping[str, Any], name: str) -> str | None:
    """By its name in any case: HTTP APIs send lower case, REST APIs what the caller wrote."""
    found = headers.get(name)
    if found is None:
        found = next((value for key, value in headers.items() if key.lower() == name), None)
    return None if found is None else str(found)


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _body(body: object, *, encoded: bool) -> bytes | None:
    if not isinstance(body, str):
        return b""
    if not encoded:
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body)
    except ValueError:
        return None
