"""One caller of the inference API: a kept connection, signed requests, and an answer whatever happens."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from headrace.errors import UseCaseError

TIMEOUT_S = 30.0
NO_ANSWER = 0
"""The status of a call that got no answer at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status code and body of one call; without an answer ``NO_ANSWER`` and why."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Api:
    """Where the API is and who signs. ``credentials`` None: nobody signs."""

    url: str
    region: str
    credentials: ReadOnlyCredentials | None

    @classmethod
    def of(cls, url: str, session: boto3.Session) -> "Api":
        """An API as a stack's output or a person names it.

        Raises:
            UseCaseError: if it is no URL, or its region is neither in it nor in the environment.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UseCaseError("--url", f"{url!r} is no address", "for example https://abc.execute-api.eu-west-1…/prod")
        named = parts.hostname.split(".")
        region = named[2] if named[1:2] == ["execute-api"] else session.region_name
        if not region:
            raise UseCaseError("--url", "its region is not known", "set AWS_REGION")
        credentials = session.get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
        return cls(url=url.rstrip("/"), region=region, credentials=frozen)


@dataclass
class Caller:
    """Calls over one connection; one per thread."""

    api: Api
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def predict(self, body: bytes) -> Reply:
        """Ask for one prediction. Nothing is raised: what fails is an answer too."""
        url = f"{self.api.url}/predict"
        headers = self._headers(url, body)
        kept = self._connection is not None
        try:
            return self._send(url, body, headers)
        except (OSError, http.client.HTTPException) as exc:
            self.close()
            if not kept or isinstance(exc, TimeoutError):
                return Reply(NO_ANSWER, {"error": f"{type(exc).__name__}: {exc}"})
        try:  # a kept connection may have been closed while it was idle: that says nothing about the service
            return self._send(url, body, headers)
        except (OSError, http.client.HTTPException) as exc:
            self.close()
            return Reply(NO_ANSWER, {"error": f"{type(exc).__name__}: {exc}"})

    def _headers(self, url: str, body: bytes) -> dict[str, str]:
        request = AWSRequest(method="POST", url=url, data=body, headers={"Content-Type": "application/json"})
        if self.api.credentials is not None:
            SigV4Auth(self.api.credentials, "execute-api", self.api.region).add_auth(request)
        return {str(name): str(value) for name, value in request.headers.items()}

    def _send(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        parts = urlsplit(url)
        if self._connection is None:
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(parts.netloc, timeout=TIMEOUT_S)
        self._connection.request("POST", parts.path, body=body, headers=headers)
        response = self._connection.getresponse()
        return Reply(response.status, _parsed(response.read()))

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        document = body[:200].decode(errors="replace")
    return document if isinstance(document, dict) else {"error": document}
