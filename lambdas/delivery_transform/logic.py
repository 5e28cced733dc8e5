"""Events on their way into the lake: the same check as in the stream, masked, with their place in the stream.

A record that cannot be delivered is that record's failure; Firehose keeps its bytes under ``errors/events/``. So is a
record for which the answer has no room: Lambda takes back 6 MB, and an answer above that would fail the whole batch
three times over.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headrace.errors import RejectedError
from headrace.masking import mask_event
from headrace.schema import format_timestamp, parse_event
from headrace.usecase import UseCase
from lambdas.shared.quarantine import json_lines
from lambdas.shared.stream import Record

Result = Literal["Ok", "Dropped", "ProcessingFailed"]
MOST_BYTES = 5_900_000
"""Room in the answer, below Lambda's 6 MB."""
_FRAME_BYTES = 64
"""JSON around one record's id, result and data."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record with the id under which Firehose wants it back."""

    record_id: str
    record: Record


@dataclass(frozen=True, slots=True)
class Transformed:
    """One record's answer. ``data`` is base64 text; empty if it failed."""

    record_id: str
    result: Result
    data: str = ""

    def as_json(self) -> dict[str, str]:
        """The answer as Firehose expects it; a failed record goes to the error prefix as Firehose has it."""
        answer = {"recordId": self.record_id, "result": self.result}
        return {**answer, "data": self.data} if self.data else answer


def transform(
    deliveries: Sequence[Delivery], usecase: UseCase, *, mask_key: bytes = b"", most_bytes: int = MOST_BYTES
) -> tuple[list[Transformed], dict[str, int]]:
    """Check, mask and complete every record.

    Args:
        deliveries: the records, each with its Firehose id.
        usecase: whose events they are.
        mask_key: the secret of the keyed hash; may be empty if no field is hashed.
        most_bytes: how large all answers together may be.

    Returns:
        One answer per record, in order; and counters by name.

    Raises:
        SettingsError: if a field is to be hashed and there is no secret.
    """
    room = most_bytes - sum(len(it.record_id) + _FRAME_BYTES for it in deliveries)
    # What Firehose keeps it keeps as it came. Enrichment quarantines the same records without what names somebody.
    refused: Result = "Dropped" if usecase.compliance.profiles else "ProcessingFailed"
    answers, rejected, overflowed = [], 0, 0
    for it in deliveries:
        try:
            data = base64.b64encode(_line(it.record, usecase, mask_key)).decode()
        except RejectedError:
            rejected += 1
            answers.append(Transformed(it.record_id, refused))
            continue
        if len(data) > room:
            overflowed += 1
            answers.append(Transformed(it.record_id, "ProcessingFailed"))
            continue
        room -= len(data)
        answers.append(Transformed(it.record_id, "Ok", data))
    return answers, {"Records": len(deliveries), "Rejected": rejected, "Overflowed": overflowed}


def _line(record: Record, usecase: UseCase, mask_key: bytes) -> bytes:
    event = parse_event(usecase, record.data, latest=record.latest_event_time)
    masked = mask_event(usecase, event, mask_key)
    for field in usecase.event.fields:
        if field.type == "timestamp" and isinstance(moment := masked.get(field.name), int):
            masked[field.name] = format_timestamp(moment)
    return json_lines([{**masked, **record.columns}])
