"""One event in, one decision out, whatever else fails.

A request is either wrong, and is told which field and why, or it is answered: with a score if window state and
endpoint answer in time, else with the use case's declared fallback and the reason. The answer depends on event,
state and model only, so a caller may ask again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple, cast

from headrace.errors import HeadraceError, RejectedError
from headrace.features import FeatureSet
from headrace.schema import Value, parse_event
from lambdas.shared.scoring import Scored, Scorer
from lambdas.shared.window_state import EntityKey, StateReader, decode_states

_ROUTES = {"/predict": "POST", "/health": "GET"}


class Request(NamedTuple):
    """An HTTP request. ``path`` without the API's stage; ``content_type`` None if the header is absent."""

    method: str
    path: str
    content_type: str | None
    body: bytes


class Answer(NamedTuple):
    """An HTTP answer; ``allow`` is the method of a route that was called with another."""

    status: HTTPStatus
    body: Mapping[str, object]
    allow: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Its headers."""
        content = {"content-type": "application/json"}
        return {**content, "allow": self.allow} if self.allow else content

    @property
    def reason(self) -> str | None:
        """Why a decision has no score; None if it has one, or there is none to make."""
        return cast("str | None", self.body.get("reason"))

    @property
    def counts(self) -> dict[str, int]:
        """What it adds to the metrics."""
        return {
            "Requests": 1,
            "Refused": int(self.status >= HTTPStatus.BAD_REQUEST),
            "Scored": int(self.body.get("score") is not None),
            "Degraded": int(self.reason is not None),
        }


@dataclass(frozen=True, kw_only=True)
class Inference:
    """The function, wired."""

    features: FeatureSet
    reader: StateReader
    scorer: Scorer


def respond(request: Request, function: Inference) -> Answer:
    """Answer one request. Never raises for what a caller or a dependency does."""
    allowed = _ROUTES.get(request.path)
    if allowed is None:
        return _error(HTTPStatus.NOT_FOUND, f"there is no {request.path}; use POST /predict or GET /health")
    if request.method != allowed:
        return _error(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.path} takes {allowed}", allow=allowed)
    if request.path == "/health":
        return Answer(HTTPStatus.OK, {"status": "ok", "usecase": function.features.usecase.name})
    return _predict(request, function)


def _predict(request: Request, function: Inference) -> Answer:
    if not _is_json(request.content_type):
        return _error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "is not application/json", field="content-type")
    limit = function.features.usecase.event.max_bytes
    if len(request.body) > limit:
        return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"is larger than {limit} bytes")
    try:
        event = parse_event(function.features.usecase, request.body, unknown_fields="reject")
    except RejectedError as exc:
        return _error(HTTPStatus.BAD_REQUEST, exc.reason, field=exc.field)
    return _decide(event, function)


def _is_json(content_type: str | None) -> bool:
    return content_type is None or content_type.partition(";")[0].strip().lower() == "application/json"


def _decide(event: Mapping[str, Value], function: Inference) -> Answer:
    usecase = function.features.usecase
    event_id = cast(str, event[usecase.event.id])
    answer = _score(event, event_id, function)
    body: dict[str, object] = {
        "event_id": event_id,
        "score": answer.score,
        "decision": answer.decision or usecase.decision.fallback,
        "model_version": answer.model_version,
        "degraded": answer.degraded is not None,
    }
    if answer.degraded is not None:
        body["reason"] = answer.degraded
    return Answer(HTTPStatus.OK, body)


def _score(event: Mapping[str, Value], event_id: str, function: Inference) -> Scored:
    features = function.features
    keys = [EntityKey(it.name, cast(str, event[it.key])) for it in features.usecase.entities]
    try:
        stored = function.reader.read(keys)
        states = {key.entity: decode_states(features, key, stored.get(key, ())) for key in keys}
    except HeadraceError:
        return Scored(degraded="state_error")
    return function.scorer.score([features.vector(event, states)], [event_id])[0]


def _error(status: HTTPStatus, reason: str, *, field: str | None = None, allow: str | None = None) -> Answer:
    return Answer(status, {"error": {"field": field, "reason": reason}}, allow)
