"""The transform Lambda of a delivery stream: its event, and a strict reading of its answer.

Contract: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html. An answer that breaks it in any way
fails the whole chunk, because there is no telling which records can be trusted.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.emulator.ministack_kinesis import Record

_RESULTS = ("Ok", "Dropped", "ProcessingFailed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record in a delivery stream. ``source`` is its Kinesis record, if it came from a stream."""

    record_id: str
    data: bytes
    arrived_at: float
    source: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One record that goes to the error output."""

    item: Item
    code: str
    message: str
    attempts: int


class InvocationError(Exception):
    """The function could not be invoked or failed. ``code`` is Firehose's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _AnswerError(InvocationError):
    """The function answered, but not as the contract wants; trying again would not help."""


Invoke = Callable[[dict[str, Any]], Any]


def transform(
    items: Sequence[Item], *, event: dict[str, Any], invoke: Invoke, retries: int
) -> tuple[list[Item], list[Failure]]:
    """Send one chunk through the function.

    Args:
        items: The chunk.
        event: What surrounds the records: invocationId, deliveryStreamArn, region.
        invoke: Calls the function and returns its payload; raises ``InvocationError``.
        retries: How often a failed invocation is tried again.

    Returns:
        The transformed items in order, without dropped ones, and the failures.
    """
    full_event = {**event, "records": [_event_record(item) for item in items]}
    for attempt in range(1, retries + 2):
        try:
            return _read(invoke(full_event), items, attempt)
        except _AnswerError as exc:
            return [], _all_failed(items, exc, attempt)
        except InvocationError as exc:
            failures = _all_failed(items, exc, attempt)
    return [], failures


def _all_failed(items: Sequence[Item], exc: InvocationError, attempts: int) -> list[Failure]:
    return [Failure(item=item, code=exc.code, message=str(exc), attempts=attempts) for item in items]


def _event_record(item: Item) -> dict[str, Any]:
    arrived_ms = int(item.arrived_at * 1000)
    record: dict[str, Any] = {
        "recordId": item.record_id,
        "approximateArrivalTimestamp": arrived_ms,
        "data": b64encode(item.data).decode(),
    }
    if item.source:
        record["kinesisRecordMetadata"] = {
            "sequenceNumber": item.source.sequence_number,
            "subsequenceNumber": 0,
            "partitionKey": item.source.partition_key,
            "shardId": item.source.shard_id,
            "approximateArrivalTimestamp": arrived_ms,
        }
    return record


def _read(payload: Any, items: Sequence[Item], attempt: int) -> tuple[list[Item], list[Failure]]:
    answers = _by_id(payload, items)
    delivered, failures = [], []
    for item in items:
        result, data = answers[item.record_id]
        if result == "Ok":
            delivered.append(Item(record_id=item.record_id, data=data, arrived_at=item.arrived_at, source=item.source))
        elif result == "ProcessingFailed":
            message = "ProcessingFailed status set for record"
            failures.append(Failure(item=item, code="Lambda.ProcessingFailedStatus", message=message, attempts=attempt))
    return delivered, failures


def _by_id(payload: Any, items: Sequence[Item]) -> dict[str, tuple[str, bytes]]:
    records = payload.get("records") if isinstance(payload, dict) else None
    if not isinstance(records, list):
        raise _AnswerError("Lambda.JsonProcessingException", "the answer has no list of records")
    answers: dict[str, tuple[str, bytes]] = {}
    for record in records:
        record_id, answer = _answer(record)
        if record_id in answers:
            raise _AnswerError("Lambda.DuplicatedRecordId", f"record {record_id} was returned more than once")
        answers[record_id] = answer
    sent = {item.record_id for item in items}
    if sent != answers.keys():
        wrong = sorted(sent ^ answers.keys())[0]
        raise _AnswerError("Lambda.MissingRecordId", f"record {wrong} was sent or returned, but not both")
    return answers


def _answer(record: Any) -> tuple[str, tuple[str, bytes]]:
    if not isinstance(record, dict) or not isinstance(record.get("recordId"), str):
        raise _AnswerError("Lambda.JsonProcessingException", "a returned record has no recordId")
    result, data = record.get("result"), record.get("data")
    if result not in _RESULTS:
        raise _AnswerError("Lambda.JsonProcessingException", f"result {result!r} is none of {', '.join(_RESULTS)}")
    if data is None and result != "Ok":
        return record["recordId"], (result, b"")
    if not isinstance(data, str):
        raise _AnswerError("Lambda.JsonProcessingException", f"data of record {record['recordId']} is not text")
    try:
        return record["recordId"], (result, b64decode(data, validate=True))
    except binascii.Error as exc:
        raise _AnswerError(
            "Lambda.JsonProcessingException", f"data of record {record['recordId']} is not base64"
        ) from exc
