"""The records of a letter: out of the stream while it keeps them, else put together from the lake's rows."""

import json
import time
from collections.abc import Iterator
from typing import Any

from cli.deployment import Deployment
from cli.lake import keys
from cli.redrive.letters import Letter
from headrace.schema import parse_timestamp
from lambdas.shared.stream import Record
from pipelines.training_set.bucket import Bucket
from pipelines.training_set.days import DAY_S, iso

PAUSE_S = 0.2
"""A shard takes five reads a second, of all its readers together."""
_LIMIT = 1_000
_AFTERWARDS_DAYS = 1
"""A record arrives in the lake's partition of its own day or, at the latest, of the next."""


def from_stream(deployment: Deployment, letter: Letter) -> list[Record]:
    """The records of a letter that the stream still has, in the shard's order."""
    client = deployment.kinesis
    try:
        iterator: str | None = client.get_shard_iterator(
            StreamName=letter.stream,
            ShardId=letter.shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber=letter.first,
        )["ShardIterator"]
    except (client.exceptions.ResourceNotFoundException, client.exceptions.InvalidArgumentException):
        return []  # the shard, or the place in it, is gone
    found: list[Record] = []
    while iterator and len(found) < letter.records:
        answer = client.get_records(ShardIterator=iterator, Limit=_LIMIT)
        for it in answer["Records"]:
            arrived_at = it["ApproximateArrivalTimestamp"].timestamp()
            if not letter.holds(it["SequenceNumber"]):
                return found
            found.append(Record(letter.shard, it["SequenceNumber"], arrived_at, it["Data"]))
        if not answer["Records"] and not answer.get("MillisBehindLatest"):
            break
        iterator = answer.get("NextShardIterator")
        time.sleep(PAUSE_S)
    return found


def from_lake(deployment: Deployment, letter: Letter) -> list[Record]:
    """The records of a letter of the events stream as the lake has them: what is masked there is missing in them."""
    if letter.stream != deployment.output("ingestion", "EventsStreamName"):
        return []
    found = {row["sequence_number"]: row for row in _rows(deployment, letter)}
    return [_record(letter, found[number]) for number in sorted(found, key=int)]


def _rows(deployment: Deployment, letter: Letter) -> Iterator[dict[str, Any]]:
    import pyarrow.compute as pc  # noqa: PLC0415  # only where the stream has forgotten
    import pyarrow.parquet as pq  # noqa: PLC0415  # the same

    store = Bucket(deployment.bucket, deployment.s3)
    day = parse_timestamp(letter.arrived, field="arrived") // DAY_S
    for number in range(day, day + _AFTERWARDS_DAYS + 1):
        for key in keys(deployment, f"events/dt={iso(number)}/"):
            with store.open(key) as stream:
                table = pq.read_table(stream)
            if {"shard_id", "sequence_number"} <= set(table.column_names):
                own = table.filter(pc.equal(table.column("shard_id"), letter.shard))
                yield from (row for row in own.to_pylist() if letter.holds(row["sequence_number"]))


def _record(letter: Letter, row: dict[str, Any]) -> Record:
    arrived = row.pop("arrived_at")
    row.pop("shard_id")
    number = row.pop("sequence_number")
    arrived_at = arrived.timestamp() if hasattr(arrived, "timestamp") else parse_timestamp(arrived, field="arrived_at")
    data = {name: _plain(value) for name, value in row.items() if value is not None}
    return Record(letter.shard, number, float(arrived_at), json.dumps(data).encode())


def _plain(value: Any) -> Any:
    """As it stood in the event: times as seconds since the epoch."""
    return int(value.timestamp()) if hasattr(value, "timestamp") else value
