"""What goes in and out, as JSON schemas with the limits that the code holds to."""

from headrace.openapi.example import example_event
from headrace.usecase import Field, UseCase
from headrace.values import INTEGER_LIMIT, LATEST, NUMBER_LIMIT

_TEXT = r"^[^\u0000-\u001f\u007f-\u009f]*$"
_YEARS = r"^(19[7-9]\d|20\d\d|21\d\d)-"
_DEGRADED = ("no_model", "endpoint_throttled", "endpoint_timeout", "endpoint_error", "state_error", "internal_error")
_UNFILLED = "lookup_error"
_FALLBACK = "whether the decision is the declared fallback"
_POORER = f", or, of `{_UNFILLED}`, was made without what could not be looked up"
Schema = dict[str, object]


def reference(name: str) -> Schema:
    """A schema of the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(usecase: UseCase) -> dict[str, Schema]:
    """Every schema by name."""
    api = usecase.api
    answer = {"oneOf": [reference("Prediction"), reference("Error")]}
    return {
        "Event": event_schema(usecase),
        "Batch": _closed(
            {"events": {"type": "array", "items": reference("Event"), "minItems": 1, "maxItems": api.batch_events}}
        ),
        "Prediction": _prediction(usecase),
        "Reason": _closed(
            {
                "feature": {"type": "string", "enum": list(usecase.feature_names)},
                "value": {"type": ["number", "null"], "description": "of the feature; null if it was missing"},
                "contribution": {"type": "number", "description": "to the log odds of the score"},
            }
        ),
        "Predictions": _closed(
            {"answers": {"type": "array", "items": answer, "description": "one per event, in its place"}}
        ),
        "Error": _closed(
            {
                "error": _closed(
                    {
                        "field": {"type": ["string", "null"], "description": "which field is wrong, if one is"},
                        "reason": {"type": "string", "description": "what is wrong with it; never its value"},
                    }
                )
            }
        ),
        "GatewayError": {"type": "object", "properties": {"message": {"type": "string"}}},
        "Health": _closed({"status": {"const": "ok"}, "usecase": {"const": usecase.name}}),
        **(_queued() if usecase.serving.kind == "asynchronous" else {}),
    }


def _queued() -> dict[str, Schema]:
    """What is told of an event whose answer comes later."""
    text: Schema = {"type": "string"}
    states = _closed({"inference_id": text, "status": {"enum": ["pending", "done", "failed", "unknown"]}})
    more: Schema = {
        "prediction": {**reference("Prediction"), "description": "once it is done; of a failed one the fallback"},
        "reason": {"const": "lake_error", "description": "why the state is unknown: ask again"},
    }
    taken = {"oneOf": [reference("Accepted"), reference("Prediction"), reference("Error")]}
    return {
        "Acceptances": _closed(
            {"answers": {"type": "array", "items": taken, "description": "one per event, in its place"}}
        ),
        "Accepted": _closed(
            {
                "event_id": text,
                "inference_id": {**text, "description": "the event's id if it can stand in a path, else a hash of it"},
                "status": {"const": "accepted"},
                "result": {**text, "description": "the path that tells how far it has got"},
                "output_location": {**text, "description": "the S3 URI of the model's answer, once it is there"},
            }
        ),
        "Result": {**states, "properties": {**_properties(states), **more}},
    }


def event_schema(usecase: UseCase) -> Schema:
    """The event's schema; fields that it does not name are refused."""
    shape = usecase.event
    return {
        "type": "object",
        "required": [it.name for it in shape.fields if it.required],
        "properties": {it.name: _optional(it, _field(it)) for it in shape.fields},
        "additionalProperties": False,
        "examples": [example_event(usecase)],
    }


def _optional(it: Field, schema: Schema) -> Schema:
    return schema if it.required else {"anyOf": [schema, {"type": "null"}]}


def _field(it: Field) -> Schema:
    if it.type == "string":
        if it.allowed:
            return {"type": "string", "enum": list(it.allowed)}
        return {"type": "string", "minLength": int(it.required), "maxLength": it.max_length, "pattern": _TEXT}
    if it.type == "boolean":
        return {"type": "boolean"}
    if it.type == "timestamp":
        seconds = {"type": "number", "minimum": 0, "exclusiveMaximum": LATEST}
        text = {"type": "string", "format": "date-time", "pattern": _YEARS}
        return {"anyOf": [seconds, text], "description": "ISO 8601 with an offset or Z, or seconds since 1970"}
    limits: tuple[float, float] = (
        (-INTEGER_LIMIT, INTEGER_LIMIT - 1) if it.type == "integer" else (-NUMBER_LIMIT, NUMBER_LIMIT)
    )
    low = limits[0] if it.minimum is None else max(it.minimum, limits[0])
    high = limits[1] if it.maximum is None else min(it.maximum, limits[1])
    return {"type": it.type, "minimum": low, "maximum": high}


def _prediction(usecase: UseCase) -> Schema:
    decisions = [band.decision for band in usecase.decision.bands]
    schema = _closed(
        {
            "event_id": {"type": "string"},
            "score": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "decision": {"type": "string", "examples": decisions},
            "model_version": {"type": ["string", "null"], "description": "who made the score"},
            "degraded": {"type": "boolean", "description": _FALLBACK + (_POORER if usecase.lookups else "")},
        }
    )
    optional: Schema = {
        "reason": {
            "type": "string",
            "enum": [*_DEGRADED, *([_UNFILLED] if usecase.lookups else [])],
            "description": "why there is no score"
            + (f"; of `{_UNFILLED}`, why it is poorer" if usecase.lookups else ""),
        },
        "reasons": {
            "anyOf": [{"type": "array", "items": reference("Reason"), "maxItems": 5}, {"type": "null"}],
            "description": "with `explain=true`: what moved the score most, strongest first; null if nobody can say",
        },
        "reasons_note": {"type": "string", "description": "why there are no reasons"},
    }
    return {**schema, "properties": {**_properties(schema), **optional}}


def _properties(schema: Schema) -> Schema:
    found = schema["properties"]
    return found if isinstance(found, dict) else {}


def _closed(properties: Schema) -> Schema:
    """An object of these properties, all of them, and no others."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }
