"""Events on their way into the lake: the same check as in the stream, masked, with their place in the stream.

A record that cannot be delivered is that record's failure; Firehose keeps its bytes under ``errors/events/``. So is a
record for which the answer has no room: Lambda takes back 6 MB, and an answer above that would fail the whole batch
three times over. And so is one whose look-ups cannot be read, for the lake holds no row that is silently without them:
those of the batch that bring everything themselves are delivered all the same.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headrace.errors import HeadraceError, RejectedError
from headrace.lookups import wanted
from headrace.masking import mask_event
from headrace.schema import format_timestamp, parse_event
from headrace.usecase import UseCase
from lambdas.shared.looked_up import Event, LookingUp
from lambdas.shared.quarantine import json_lines
from lambdas.shared.stream import Record

Result = Literal["Ok", "Dropped", "ProcessingFailed"]
MOST_BYTES = 5_900_000
"""Room in the answer, below Lambda's 6 MB."""
_FRAME_BYTES = 64
"""JSON around one record's id, result and data."""
UNFILLED: Event = {}
"""Stands for an event whose look-ups cannot be read."""


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
    deliveries: Sequence[Delivery],
    usecase: UseCase,
    *,
    mask_key: bytes = b"",
    most_bytes: int = MOST_BYTES,
    lookups: LookingUp | None = None,
) -> tuple[list[Transformed], dict[str, int]]:
    """Check, fill, mask and complete every record.

    Args:
        deliveries: the records, each with its Firehose id.
        usecase: whose events they are.
        mask_key: the secret of the keyed hash; may be empty if no field is hashed.
        most_bytes: how large all answers together may be.
        lookups: fills what events do not bring; None if the use case looks nothing up.

    Returns:
        One answer per record, in order; and counters by name.

    Raises:
        SettingsError: if a field is to be hashed and there is no secret.
    """
    room = most_bytes - sum(len(it.record_id) + _FRAME_BYTES for it in deliveries)
    # What Firehose keeps it keeps as it came. Enrichment quarantines the same records without what names somebody.
    refused: Result = "Dropped" if usecase.compliance.profiles else "ProcessingFailed"
    answers, counts = [], {"Records": len(deliveries), "Rejected": 0, "Overflowed": 0}
    for it, event in zip(deliveries, _filled(_events(deliveries, usecase), lookups, counts), strict=True):
        if event is None or event is UNFILLED:
            answers.append(Transformed(it.record_id, refused if event is None else "ProcessingFailed"))
            counts["Rejected"] += event is None
            continue
        data = base64.b64encode(_line(it.record, event, usecase, mask_key)).decode()
        if len(data) > room:
            counts["Overflowed"] += 1
            answers.append(Transformed(it.record_id, "ProcessingFailed"))
            continue
        room -= len(data)
        answers.append(Transformed(it.record_id, "Ok", data))
    return answers, counts


def _events(deliveries: Sequence[Delivery], usecase: UseCase) -> list[Event | None]:
    """The event of each record; None for what is none."""
    events: list[Event | None] = []
    for it in deliveries:
        try:
            events.append(parse_event(usecase, it.record.data, latest=it.record.latest_event_time))
        except RejectedError:
            events.append(None)
    return events


def _filled(
    events: Sequence[Event | None], lookups: LookingUp | None, counts: dict[str, int]
) -> Sequence[Event | None]:
    """The events with what is looked up of them; UNFILLED where that cannot be read."""
    if lookups is None:
        return events
    places = [place for place, event in enumerate(events) if event is not None]
    filled = [*events]
    try:
        found = lookups.filled([event for event in events if event is not None])
    except HeadraceError:
        found = [UNFILLED if wanted(lookups.usecase, it) else it for it in events if it is not None]
    for place, event in zip(places, found, strict=True):
        filled[place] = event
    counts["NotLookedUp"] = sum(event is UNFILLED for event in found)
    return filled


def _line(record: Record, event: Event, usecase: UseCase, mask_key: bytes) -> bytes:
    masked = mask_event(usecase, event, mask_key)
    for field in usecase.event.fields:
        if field.type == "timestamp" and isinstance(moment := masked.get(field.name), int):
            masked[field.name] = format_timestamp(moment)
    return json_lines([{**masked, **record.columns}])
