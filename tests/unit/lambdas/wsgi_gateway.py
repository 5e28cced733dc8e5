"""API Gateway before the inference function, in this process: for whoever speaks WSGI, and for raw events."""

import base64
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from lambdas.inference import handler as inference


class Context:
    """What Lambda's context tells."""

    function_name, memory_limit_in_mb, invoked_function_arn, aws_request_id = "f", 512, "arn", "request-1"


def call(raw: object) -> Any:
    """The function's answer."""
    return inference.handler(raw, Context())  # type: ignore[arg-type]  # what is read of it


def gateway(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """API Gateway as a WSGI application: a signed request becomes an event, and the function's answer a response."""
    if "HTTP_AUTHORIZATION" not in environ:
        start_response("403 Forbidden", [("content-type", "application/json")])
        return [b'{"message":"Forbidden"}']
    headers = {name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name[:5] == "HTTP_"}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    query = [pair.partition("=") for pair in environ.get("QUERY_STRING", "").split("&") if pair]
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    http = {"method": environ["REQUEST_METHOD"], "path": path}
    answer = call(
        {
            "version": "2.0",
            "rawPath": path,
            "headers": headers,
            "queryStringParameters": {name: value for name, _, value in query},
            "requestContext": {"http": http, "stage": "$default"},
            "body": body.decode("latin-1") if body.isascii() else base64.b64encode(body).decode(),
            "isBase64Encoded": not body.isascii(),
        }
    )
    status = HTTPStatus(int(str(answer["statusCode"])))
    sent: Any = answer["headers"]
    start_response(f"{status.value} {status.phrase}", list(sent.items()))
    return [str(answer["body"]).encode()]
