"""Producers of events and labels: rows of a frame onto the two Kinesis streams, in order, none given up in silence."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from headrace.errors import RetryableError
from headrace.schema import format_timestamp
from headrace.usecase import UseCase

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

PUT_LIMIT = 500
BYTES_LIMIT = 10 * 1024 * 1024
ATTEMPTS = 8


@dataclass(frozen=True)
class Record:
    """One Kinesis record: its bytes and the key that chooses the shard."""

    data: bytes
    key: str


def event_records(usecase: UseCase, events: pd.DataFrame) -> Iterator[Record]:
    """Events as they are sent: one JSON object with a newline each, keyed by the primary entity."""
    names = [field.name for field in usecase.event.fields if field.name in events]
    key, timestamp = usecase.primary.key, usecase.event.timestamp
    for row in zip(*(events[name].tolist() for name in names), strict=True):
        event = {name: value for name, value in zip(names, row, strict=True) if value == value}  # noqa: PLR0124 - not NaN
        event[timestamp] = format_timestamp(event[timestamp])
        yield Record(json.dumps(event).encode() + b"\n", str(event[key]))


def label_records(usecase: UseCase, labels: pd.DataFrame) -> Iterator[Record]:
    """Labels as they are sent: the label with its event's id, time and entity keys, and ``labelled_at`` (epoch s)."""
    event, field = usecase.event, usecase.label.field
    keys = [entity.key for entity in usecase.entities]
    columns = (labels[name].tolist() for name in (event.id, event.timestamp, field, "labelled_at", *keys))
    for event_id, at, value, labelled_at, *entity_keys in zip(*columns, strict=True):
        document = {
            event.id: event_id,
            event.timestamp: format_timestamp(at),
            **dict(zip(keys, entity_keys, strict=True)),
            field: int(value),
            "labelled_at": format_timestamp(labelled_at),
        }
        yield Record(json.dumps(document).encode() + b"\n", str(entity_keys[0]))


def put(client: "KinesisClient", stream: str, records: Iterable[Record]) -> int:
    """Put records, each key's in the order given, trying those again that Kinesis did not accept.

    Kinesis may refuse some records of a call and accept later ones, so no call holds two records of one key.

    Returns:
        How many records were accepted.

    Raises:
        RetryableError: if a record is still refused after the last attempt.
    """
    return sum(_put_all(client, stream, batch) for batch in _batches(records))


def _put_all(client: "KinesisClient", stream: str, batch: list[Record]) -> int:
    waiting = batch
    for attempt in range(ATTEMPTS):
        answer = client.put_records(
            StreamName=stream, Records=[{"Data": record.data, "PartitionKey": record.key} for record in waiting]
        )
        waiting = [record for record, one in zip(waiting, answer["Records"], strict=True) if one.get("ErrorCode")]
        if not waiting:
            return len(batch)
        time.sleep(0.05 * 2**attempt)
    raise RetryableError(f"{len(waiting)} records were refused by stream {stream} {ATTEMPTS} times; add shards")


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records in their order, cut before a key repeats and before a call would be too large."""
    batch: dict[str, Record] = {}
    size = 0
    for record in records:
        size += len(record.data) + len(record.key)
        if batch and (record.key in batch or len(batch) == PUT_LIMIT or size > BYTES_LIMIT):
            yield list(batch.values())
            batch, size = {}, len(record.data) + len(record.key)
        batch[record.key] = record
    if batch:
        yield list(batch.values())
