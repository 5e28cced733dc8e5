"""The routes: what each takes, what it answers, and what can be wrong."""

from collections.abc import Mapping, Sequence
from typing import cast

from headrace.openapi.example import example_event, example_fallback, example_prediction, example_ticket
from headrace.openapi.schemas import Schema, reference
from headrace.usecase import UseCase

_JSON = "application/json"
_CORRELATION = "x-correlation-id"
_REFUSALS = {
    "400": ("The request or the event is wrong.", {"field": None, "reason": "is not JSON"}),
    "413": ("The body is larger, or holds more events, than is taken.", {"field": None, "reason": "is larger than …"}),
    "415": ("The body is not JSON.", {"field": "content-type", "reason": "is not application/json"}),
}
_ELSEWHERE = "Always: this kind of endpoint takes no request; the reason says where scores are."
_UNTAKEN = "Nobody took the event: the fallback, and why. It may be sent again."
_NONE_TAKEN = "No event was taken: each has its fallback or its error. Those with a fallback may be sent again."
_TAKEN = "What became of each event, in its place: accepted, the fallback because nobody took it, or an error."
_GATEWAY = {
    "401": "No credentials.",
    "403": "Credentials that do not suffice.",
    "429": "More requests than are let in: wait, then ask again.",
}


def paths(usecase: UseCase) -> dict[str, Schema]:
    """Every path by its route."""
    event, api = example_event(usecase), usecase.api
    answers: Schema = {"scored": example_prediction(usecase), "fallback": example_fallback(usecase)}
    wrong = {"error": {"field": usecase.event.timestamp, "reason": "is missing"}}
    found: dict[str, Schema] = {
        "/predict": {
            "post": _asking(
                "predict",
                "Score one event",
                request=("Event", usecase.event.max_bytes, {"event": event}),
                answer=("Prediction", answers),
            )
        },
        "/predict/batch": {
            "post": _asking(
                "predictBatch",
                f"Score up to {api.batch_events} events at once; each is answered or refused on its own",
                request=("Batch", api.batch_bytes, {"batch": {"events": [event]}}),
                answer=("Predictions", {"mixed": {"answers": [answers["scored"], wrong]}}),
                more=(_top(api.batch_events),),
            )
        },
        "/health": {"get": _reading("health", "Whether the API answers; asks no dependency", "Health")},
        "/openapi.json": {"get": _reading("openapi", "This document", None)},
    }
    if usecase.serving.kind == "asynchronous":
        return {**found, **_queued(usecase, found, answers)}
    if not usecase.serving.can.answers:
        for path in ("/predict", "/predict/batch"):
            found[path]["post"] = _adding(found[path]["post"], {"409": _response(_ELSEWHERE, "Error", {})})
    return found


def _queued(usecase: UseCase, found: dict[str, Schema], answers: Schema) -> dict[str, Schema]:
    """The routes of an asynchronous endpoint: accepted at once, answered later."""
    ticket = example_ticket(answers["scored"])
    accepted = {
        "200": _response(_UNTAKEN, "Prediction", {"fallback": answers["fallback"]}),
        "202": _response("Accepted; the answer will be found by its inference id.", "Accepted", {"accepted": ticket}),
    }
    done = {"inference_id": ticket["inference_id"], "status": "done", "prediction": answers["scored"]}
    results: Schema = {"done": done, "pending": {"inference_id": ticket["inference_id"], "status": "pending"}}
    reading = _reading("result", "How far an accepted event has got, and its answer", "Result")
    unknown = {"error": {"field": "inference_id", "reason": "names no request that was accepted"}}
    told = {
        "200": _response("The state, with an answer once it is done or failed.", "Result", results),
        "404": _response("No event was accepted under this id.", "Error", {"unknown": unknown}),
    }
    named = {"name": "inference_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/predict": {"post": _adding(found["/predict"]["post"], accepted)},
        "/predict/batch": {"post": _queued_batch(usecase, [ticket, answers["fallback"]])},
        "/predict/{inference_id}": {"get": {**_adding(reading, told), "parameters": [named, *_parameters()]}},
    }


def _queued_batch(usecase: UseCase, told: Sequence[object]) -> Schema:
    """A batch of which each event is accepted on its own; there are no scores yet by which to rank any."""
    api = usecase.api
    asking = _asking(
        "predictBatch",
        f"Hand in up to {api.batch_events} events at once; each is accepted or refused on its own",
        request=("Batch", api.batch_bytes, {"batch": {"events": [example_event(usecase)]}}),
        answer=("Acceptances", {"untaken": {"answers": [told[1]]}}),
    )
    mixed: Schema = {"mixed": {"answers": list(told)}}
    return _adding(
        asking,
        {
            "200": _response(_NONE_TAKEN, "Acceptances", {"untaken": {"answers": [told[1]]}}),
            "202": _response(_TAKEN, "Acceptances", mixed),
        },
    )


def _adding(operation: object, responses: Mapping[str, Schema]) -> Schema:
    known = cast("Schema", operation)
    return {**known, "responses": {**cast("Schema", known["responses"]), **responses}}


def _asking(
    operation: str,
    summary: str,
    *,
    request: tuple[str, int, Schema],
    answer: tuple[str, Schema],
    more: Sequence[Schema] = (),
) -> Schema:
    schema, most, examples = request
    refused = {
        status: _response(text, "Error", {"refused": {"error": error}}) for status, (text, error) in _REFUSALS.items()
    }
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": [*_parameters(), _explain(), *more],
        "requestBody": {
            "required": True,
            "description": f"At most {most:,} bytes.",
            "content": {_JSON: {"schema": reference(schema), "examples": _examples(examples)}},
        },
        "responses": {"200": _response("The answer.", *answer), **refused, **_gateway()},
    }


def _reading(operation: str, summary: str, schema: str | None) -> Schema:
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": _parameters(),
        "responses": {"200": _response("The answer.", schema, {}), **_gateway()},
    }


def _gateway() -> Schema:
    return {status: _response(text, "GatewayError", {}) for status, text in _GATEWAY.items()}


def _response(description: str, schema: str | None, examples: Schema) -> Schema:
    body = reference(schema) if schema else {"type": "object"}
    content: Schema = {"schema": body, **({"examples": _examples(examples)} if examples else {})}
    found: Schema = {"description": description, "content": {_JSON: content}}
    if schema != "GatewayError":
        found["headers"] = {_CORRELATION: {"required": True, "schema": {"type": "string"}}}
    return found


def _examples(values: Schema) -> Schema:
    return {name: {"value": value} for name, value in values.items()}


def _parameters() -> list[Schema]:
    text = (
        "Your id of this exchange; it comes back in the answer and stands in the logs. Up to 128 printable ASCII "
        "characters without spaces; any other text is replaced by an id of ours."
    )
    schema = {"type": "string"}
    return [{"name": _CORRELATION, "in": "header", "required": False, "description": text, "schema": schema}]


def _explain() -> Schema:
    text = "Name the five features that moved each score most, where the model can say."
    schema = {"type": "string", "enum": ["true", "false"], "default": "false"}
    return {"name": "explain", "in": "query", "required": False, "description": text, "schema": schema}


def _top(most: int) -> Schema:
    text = "Answer with so many events only, the highest scores first; without it with all, in their order."
    schema: Schema = {"type": "integer", "minimum": 1, "maximum": most}
    return {"name": "top", "in": "query", "required": False, "description": text, "schema": schema}
