"""AWS in this process behind real clients, without a socket: DynamoDB by the emulator's own request handler."""

import json
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from ministack.services import dynamodb

from lambdas.shared.clients import BULK, PACED, client

TABLE = "window-state"


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """All of it at once, as the SDK asks for it."""
        yield self._content


class Recorder:
    """Takes what is sent to S3, Firehose and the Feature Store and says that all is well.

    ``sent`` lists service, path and body.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []
        for made in (client("s3"), client("firehose", BULK), client("sagemaker-featurestore-runtime", PACED)):
            made.meta.events.register("before-send", self._take)

    def _take(self, request: Any, event_name: str, **_: object) -> AWSResponse:
        service = event_name.split(".")[1]
        body = request.body if isinstance(request.body, bytes) else request.body.read()
        self.sent.append((service, urlsplit(request.url).path, body))
        content = b'{"FailedPutCount": 0, "RequestResponses": []}' if service == "firehose" else b""
        return AWSResponse(request.url, 200, {}, _Body(content))


class Double:
    """A client with one empty table; ``calls`` lists the operations, ``answer`` may replace an answer."""

    def __init__(self) -> None:
        self.client = client("dynamodb", BULK)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[int, dict[str, Any]] | None] = []
        self.attach(self.client)
        self.client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "entity", "KeyType": "HASH"}, {"AttributeName": "source", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("entity", "source")],
            BillingMode="PAY_PER_REQUEST",
        )
        self.calls.clear()

    def attach(self, other: Any) -> None:
        """Route another client here too."""
        other.meta.events.register("before-send.dynamodb", self._send)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave nothing behind in the process."""
        self.answers.clear()
        self.client.delete_table(TableName=TABLE)

    def names(self) -> list[str]:
        """The operations called."""
        return [name for name, _ in self.calls]

    def items(self) -> list[dict[str, Any]]:
        """Everything stored."""
        return self.client.scan(TableName=TABLE)["Items"]

    def _send(self, request: Any, **_: object) -> AWSResponse:
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        self.calls.append((headers["x-amz-target"].partition(".")[2], json.loads(request.body)))
        scripted = self.answers.pop(0) if self.answers else None
        if scripted is not None:
            return AWSResponse(request.url, scripted[0], {}, _Body(json.dumps(scripted[1]).encode()))
        handling = dynamodb.handle_request("POST", "/", headers, request.body, {})
        try:
            handling.send(None)
        except StopIteration as done:
            status, answer_headers, body = done.value
            content = body if isinstance(body, bytes) else body.encode()
            return AWSResponse(request.url, status, answer_headers, _Body(content))
        raise AssertionError("the emulator's DynamoDB waits for something")
