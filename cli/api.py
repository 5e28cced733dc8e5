"""Calls to the inference API, signed as its IAM authorization wants."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

TIMEOUT_S = 30


@dataclass(frozen=True)
class Answer:
    """Status code and parsed body of one call, how long it took in milliseconds, and the answer's headers."""

    status: int
    body: dict[str, Any]
    latency_ms: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class InferenceApi:
    """The inference API of one deployment.

    Attributes:
        url: its address, as the stack's output gives it.
        session: whose credentials sign the requests.
    """

    url: str
    session: boto3.Session

    def predict(self, event: Mapping[str, object]) -> Answer:
        """Ask for one prediction. An error status is an answer, not an exception.

        Raises:
            OSError: if there is no answer at all.
        """
        return self.ask("POST", "/predict", event)

    def ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, correlation_id: str = ""
    ) -> Answer:
        """Call any route.

        Args:
            method: as the API's document says.
            path: with its query, if it has one.
            body: sent as JSON; None sends nothing.
            correlation_id: comes back in the answer's headers.

        Raises:
            OSError: if there is no answer at all.
        """
        started = time.perf_counter()
        data = b"" if body is None else json.dumps(body).encode()
        request = self._signed(method, self.url.rstrip("/") + path, data)
        if correlation_id:
            request.add_header("x-correlation-id", correlation_id)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - the URL is a stack output
                return Answer(response.status, json.load(response), _elapsed_ms(started), dict(response.headers))
        except urllib.error.HTTPError as exc:
            with exc:
                return Answer(exc.code, _parsed(exc.read()), _elapsed_ms(started), dict(exc.headers))

    def _signed(self, method: str, url: str, body: bytes) -> urllib.request.Request:
        unsigned = AWSRequest(method=method, url=url, data=body, headers={"Content-Type": "application/json"})
        credentials = self.session.get_credentials()
        if credentials is not None:
            SigV4Auth(credentials, "execute-api", self.session.region_name).add_auth(unsigned)
        data = body or None
        return urllib.request.Request(url, data=data, headers=dict(unsigned.headers), method=method)  # noqa: S310 - the same URL


def _elapsed_ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {"error": {"reason": body[:200].decode(errors="replace")}}
    return document if isinstance(document, dict) else {"error": {"reason": str(document)[:200]}}
