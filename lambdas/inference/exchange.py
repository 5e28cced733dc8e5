"""A request and its answer, as the routes see them: nothing of API Gateway, nothing of the model."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

CORRELATION = "x-correlation-id"
"""Header of the caller's own id of the exchange; without one the request's id stands in."""
_NOTHING: Mapping[str, str] = {}


class Request(NamedTuple):
    """An HTTP request.

    ``path`` without the API's stage; ``content_type`` None if the header is absent; ``body`` None if it was not what
    its encoding said.
    """

    method: str
    path: str
    content_type: str | None
    body: bytes | None
    query: Mapping[str, str] = _NOTHING
    correlation_id: str = ""


class Answer(NamedTuple):
    """An HTTP answer.

    ``allow`` is the method of a route that was called with another. ``counts`` are metrics by name. ``reasons`` say why
    events were answered without a score, ``trouble`` where our own code failed; neither holds anything of an event.
    """

    status: HTTPStatus
    body: Mapping[str, object]
    counts: Mapping[str, int]
    allow: str | None = None
    reasons: tuple[str, ...] = ()
    trouble: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Its headers, but for the correlation id."""
        content = {"content-type": "application/json"}
        return {**content, "allow": self.allow} if self.allow else content


def counted(
    *, requests: int = 1, events: int = 0, refused: int = 0, scored: int = 0, degraded: int = 0
) -> dict[str, int]:
    """The metrics of an answer: requests, and events among them that were refused, scored or answered by fallback."""
    return {"Requests": requests, "Events": events, "Refused": refused, "Scored": scored, "Degraded": degraded}


def problem(reason: str, field: str | None = None) -> dict[str, object]:
    """The body of a refusal: what is wrong, and with which field."""
    return {"error": {"field": field, "reason": reason}}


def refusal(status: HTTPStatus, reason: str, *, field: str | None = None, allow: str | None = None) -> Answer:
    """Refuse a request as a whole."""
    return Answer(status, problem(reason, field), counted(refused=1), allow)
