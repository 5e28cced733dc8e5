"""Calls to the emulator's own endpoints under ``/_headrace/``."""

import json
import urllib.error
import urllib.request
from typing import Any

from headrace.errors import HeadraceError


class LoopError(HeadraceError):
    """The emulator did not start, ended by itself, refused a request or did not come to rest."""


def admin_call(endpoint_url: str, name: str, body: dict[str, Any] | None = None, *, timeout_s: float) -> dict[str, Any]:
    """Call one endpoint: POST with a body, GET without.

    Raises:
        LoopError: the emulator refused; the message is its answer.
        OSError: it cannot be reached.
    """
    request = urllib.request.Request(  # noqa: S310  our own loopback address
        f"{endpoint_url}/_headrace/{name}", data=None if body is None else json.dumps(body).encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310  our own loopback address
            document: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as exc:
        with exc:
            raise LoopError(f"{name}: {exc.read().decode(errors='replace')}") from exc
    return document
