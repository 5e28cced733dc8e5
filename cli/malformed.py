"""What real producers send now and then: records that no consumer can accept, made from an event that is right."""

import json
from collections.abc import Mapping

from cli.producer import Record
from headrace.usecase import UseCase


def malformed_records(usecase: UseCase, event: Mapping[str, object]) -> list[Record]:
    """One record for each way to be wrong: cut off, a field missing, mistyped, no time, no text, no object.

    Args:
        usecase: whose events they pretend to be.
        event: a valid event as it is sent.
    """
    required = [field.name for field in usecase.event.fields if field.required and field.name != usecase.event.id]
    mistyped = next(
        (name for name in required if usecase.event.field(name).type in ("integer", "number")), required[-1]
    )
    whole = json.dumps(event).encode()
    documents = [
        {name: value for name, value in event.items() if name != required[-1]},
        {**event, mistyped: ["ten"]},
        {**event, usecase.event.timestamp: "yesterday"},
    ]
    bodies = [whole[: len(whole) // 2], *(json.dumps(one).encode() for one in documents), b"\xff\xfe", b"[1, 2, 3]"]
    return [Record(body, str(event[usecase.primary.key])) for body in bodies]
