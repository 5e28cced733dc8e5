"""Requests in, decisions out, whatever else fails.

A request is either wrong, and is told which field and why, or it is answered: with a score if window state and
endpoint answer in time, else with the use case's declared fallback and the reason. The answer depends on event,
state and model only, so a caller may ask again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import cast

from headrace.errors import RejectedError
from headrace.features import FeatureSet
from headrace.json_object import read_list
from headrace.schema import Value, coerce_event, parse_event
from headrace.usecase import UseCase
from lambdas.inference import ranking
from lambdas.inference.exchange import Answer, Request, counted, problem, refusal
from lambdas.inference.intake import Intake, answer_of
from lambdas.inference.prediction import Predictor
from lambdas.inference.queued import RESULTS, result
from lambdas.inference.surroundings import Surroundings
from lambdas.inference.tenants import TenantScorers
from lambdas.shared.scoring import Scorer
from lambdas.shared.window_state import StateReader

_ELSEWHERE = "this use case is scored in batch: put lines below batch/ of the lake, and read predictions/"
"""Where scores are to be had of a kind that takes no request."""
_EXPLAIN = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Inference:
    """The function, wired."""

    features: FeatureSet
    reader: StateReader
    scorer: Scorer | TenantScorers
    surroundings: Surroundings | None = None
    intake: Intake | None = None
    """Takes requests whose answers come later; there is one where the endpoint is asynchronous."""

    @property
    def usecase(self) -> UseCase:
        """The use case."""
        return self.features.usecase

    @cached_property
    def predictor(self) -> Predictor:
        """What answers its events."""
        return Predictor(self.features, self.reader, self.scorer, self.surroundings)

    @cached_property
    def openapi(self) -> Mapping[str, object]:
        """What it can be asked, as an OpenAPI document."""
        from headrace.openapi import document  # noqa: PLC0415  # seldom asked for, and every cold start would pay

        return document(self.usecase)


def respond(request: Request, function: Inference) -> Answer:
    """Answer one request. Never raises for what a caller or a dependency does."""
    route = _ROUTES.get(request.path)
    if route is None and function.intake is not None and request.path.startswith(RESULTS):
        route = "GET", _result
    if route is None:
        known = ", ".join(f"{method} {path}" for path, (method, _) in _ROUTES.items())
        return refusal(HTTPStatus.NOT_FOUND, f"there is no such route; use {known}", field="path")
    allowed, answer = route
    if answer in (_predict, _predict_batch) and function.intake is None and not function.usecase.serving.can.answers:
        return refusal(HTTPStatus.CONFLICT, _ELSEWHERE, field="path")
    if request.method != allowed:
        return refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.path} takes {allowed}", allow=allowed)
    return answer(request, function)


def _health(_request: Request, function: Inference) -> Answer:
    return Answer(HTTPStatus.OK, {"status": "ok", "usecase": function.usecase.name}, counted())


def _openapi(_request: Request, function: Inference) -> Answer:
    return Answer(HTTPStatus.OK, function.openapi, counted())


def _predict(request: Request, function: Inference) -> Answer:
    usecase = function.usecase
    try:
        body, explain = _checked(request, usecase.event.max_bytes)
        event = parse_event(usecase, body, unknown_fields="reject")
    except _RefusedError as exc:
        return exc.answer
    except RejectedError as exc:
        return refusal(HTTPStatus.BAD_REQUEST, exc.reason, field=exc.field)
    return _answered([event], explain=explain, function=function)


def _result(request: Request, function: Inference) -> Answer:
    if function.intake is None:  # for the type checker: without one there is no such route
        raise ValueError("no intake")
    return result(request.path.removeprefix(RESULTS), function.predictor, function.intake.queue)


def _predict_batch(request: Request, function: Inference) -> Answer:
    api = function.usecase.api
    try:
        body, explain = _checked(request, api.batch_bytes)
        top = ranking.asked(request.query, most=api.batch_events, ranked=function.intake is None)
        given = read_list(body, name="events", max_bytes=api.batch_bytes)
    except _RefusedError as exc:
        return exc.answer
    except RejectedError as exc:
        return refusal(HTTPStatus.BAD_REQUEST, exc.reason, field=exc.field)
    if not given:
        return refusal(HTTPStatus.BAD_REQUEST, "is empty", field="events")
    if len(given) > api.batch_events:
        reason = f"holds {len(given)} events, and at most {api.batch_events} are taken"
        return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason, field="events")
    answer = _answered([_coerced(it, function.usecase) for it in given], explain=explain, function=function, batch=True)
    return answer if top is None else _shortened(answer, top)


def _shortened(answer: Answer, top: int) -> Answer:
    answers = cast("list[dict[str, object]]", answer.body["answers"])
    return answer._replace(body={"answers": ranking.best(answers, top)})


def _coerced(given: object, usecase: UseCase) -> dict[str, Value] | RejectedError:
    """A checked event, or why it is none."""
    if isinstance(given, RejectedError):
        return given
    if not isinstance(given, dict):
        return RejectedError("is not a JSON object")
    try:
        return coerce_event(usecase, given, unknown_fields="reject")
    except RejectedError as exc:
        return exc


def _answered(
    given: Sequence[dict[str, Value] | RejectedError], *, explain: bool, function: Inference, batch: bool = False
) -> Answer:
    """One answer to all events: those that are none are told why in their places."""
    events = [it for it in given if not isinstance(it, RejectedError)]
    if function.intake is not None:
        handed = function.intake.submit(events, function.predictor, explain=explain)
        told = [it.body for it in handed]
        later: dict[str, object] = {"answers": _in_place(given, told)} if batch else told[0]
        return answer_of(handed, later, refused=len(given) - len(events))
    bodies, trouble = function.predictor.predict(events, explain=explain)
    degraded = [str(body["reason"]) for body in bodies if body["degraded"]]
    counts = counted(
        events=len(given),
        refused=len(given) - len(events),
        scored=len(events) - len(degraded),
        degraded=len(degraded),
    )
    whole: Mapping[str, object] = bodies[0] if not batch else {"answers": _in_place(given, bodies)}
    return Answer(HTTPStatus.OK, whole, counts, reasons=tuple(dict.fromkeys(degraded)), trouble=trouble)


def _in_place(
    given: Sequence[dict[str, Value] | RejectedError], bodies: Sequence[dict[str, object]]
) -> list[dict[str, object]]:
    following = iter(bodies)
    return [problem(it.reason, it.field) if isinstance(it, RejectedError) else next(following) for it in given]


class _RefusedError(Exception):
    """A request whose body is not even read."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _checked(request: Request, most: int) -> tuple[bytes, bool]:
    """The body, and whether reasons are wanted. Raises _RefusedError."""
    explain = _EXPLAIN.get(str(request.query.get("explain", "false")))
    body, content = request.body, request.content_type
    if content is not None and content.partition(";")[0].strip().lower() != "application/json":
        answer = refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "is not application/json", field="content-type")
    elif explain is None:
        answer = refusal(HTTPStatus.BAD_REQUEST, "is neither true nor false", field="explain")
    elif body is None:
        answer = refusal(HTTPStatus.BAD_REQUEST, "is not the base64 that it says it is")
    elif len(body) > most:
        answer = refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"is larger than {most} bytes")
    else:
        return body, explain
    raise _RefusedError(answer)


_ROUTES: Mapping[str, tuple[str, Callable[[Request, Inference], Answer]]] = {
    "/predict": ("POST", _predict),
    "/predict/batch": ("POST", _predict_batch),
    "/health": ("GET", _health),
    "/openapi.json": ("GET", _openapi),
}
