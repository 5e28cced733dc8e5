"""An event that a use case accepts, to show what one looks like."""

from headrace.usecase import Field, UseCase

_TIME = "2026-01-31T12:00:00Z"


def example_event(usecase: UseCase) -> dict[str, object]:
    """One valid event, with every field."""
    return {it.name: _example(it) for it in usecase.event.fields}


def example_prediction(usecase: UseCase) -> dict[str, object]:
    """An answer to it, with a score."""
    bands = usecase.decision.bands
    return {
        "event_id": example_event(usecase)[usecase.event.id],
        "score": bands[-1].from_score,
        "decision": bands[-1].decision,
        "model_version": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/example/7",
        "degraded": False,
    }


def example_fallback(usecase: UseCase) -> dict[str, object]:
    """An answer to it while there is no model."""
    without = {"score": None, "decision": usecase.decision.fallback, "model_version": None, "degraded": True}
    return {**example_prediction(usecase), **without, "reason": "no_model"}


def example_ticket(prediction: object) -> dict[str, object]:
    """What the sender of an event gets whose answer comes later."""
    event_id = str(prediction["event_id"]) if isinstance(prediction, dict) else ""
    return {
        "event_id": event_id,
        "inference_id": event_id,
        "status": "accepted",
        "result": f"/predict/{event_id}",
        "output_location": "s3://lake/asynchronous/answers/5f0c.out",
    }


def _example(it: Field) -> object:
    if it.type == "string":
        text = it.allowed[0] if it.allowed else f"{it.name}-1"
        return text[: it.max_length]
    if it.type == "timestamp":
        return _TIME
    if it.type == "boolean":
        return False
    low = it.minimum if it.minimum is not None else min(1.0, it.maximum if it.maximum is not None else 1.0)
    middle = min(low + 42, it.maximum) if it.maximum is not None else low + 42
    return int(middle) if it.type == "integer" else float(middle)
