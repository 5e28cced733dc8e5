"""Calls to the inference API, signed as its IAM authorization wants."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

TIMEOUT_S = 30


@dataclass(frozen=True)
class Answer:
    """Status code and parsed body of one call, and how long it took in milliseconds."""

    status: int
    body: dict[str, Any]
    latency_ms: float = 0.0


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
        return self._call("POST", "/predict", json.dumps(event).encode())

    def _call(self, method: str, path: str, body: bytes) -> Answer:
        started = time.perf_counter()
        request = self._signed(method, self.url.rstrip("/") + path, body)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - the URL is a stack output
                return Answer(response.status, json.load(response), _elapsed_ms(started))
        except urllib.error.HTTPError as exc:
            with exc:
                return Answer(exc.code, _parsed(exc.read()), _elapsed_ms(started))

    def _signed(self, method: str, url: str, body: bytes) -> urllib.request.Request:
        unsigned = AWSRequest(method=method, url=url, data=body, headers={"Content-Type": "application/json"})
        credentials = self.session.get_credentials()
        if credentials is not None:
            SigV4Auth(credentials, "execute-api", self.session.region_name).add_auth(unsigned)
        return urllib.request.Request(url, data=body, headers=dict(unsigned.headers), method=method)  # noqa: S310 - the same URL


def _elapsed_ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {"error": {"reason": body[:200].decode(errors="replace")}}
    return document if isinstance(document, dict) else {"error": {"reason": str(document)[:200]}}
