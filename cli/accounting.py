"""Where every event went, counted from the stores and not from what a producer or a handler says of itself.

Each record that Kinesis accepted must be in the lake or quarantined by the delivery (by enrichment under a profile,
where the delivery keeps nothing of it), and must be enriched, quarantined by enrichment or dead-lettered. Enriched
means two things: its vector is logged in the lake, and window state counts it once. Where the use case drops
duplicates, a record may also be a copy of one that is enriched.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cli import lake
from cli.deployment import Deployment

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

Place = tuple[str, str]
"""Shard id and sequence number: the name of one accepted record."""

GET_LIMIT = 10_000
READING_S = 60
"""How long messages stay invisible while a dead-letter queue is read."""


@dataclass(frozen=True)
class Account:
    """Counts of events. ``unaccounted`` is the number of records of which any store disagrees."""

    events_sent: int
    events_in_lake: int
    events_enriched: int
    events_quarantined: int
    events_dead_lettered: int
    events_dropped: int
    """Copies of enriched events, where the use case drops them."""
    unaccounted: int


def account(deployment: Deployment, earlier: Mapping[Place, str] | None = None) -> Account:
    """Count where every record of the events stream is. Call it when the loop is idle and deliveries are flushed.

    Args:
        deployment: whose stream.
        earlier: what ``accepted`` found before; a stream forgets records after its retention.
    """
    sent = {**(earlier or {}), **accepted(deployment)}
    delivered = _places(lake.read_parquet(deployment, "events/", ["shard_id", "sequence_number"]))
    enriched = _places(lake.read_parquet(deployment, "features/", ["shard_id", "sequence_number"]))
    quarantined = _quarantined_by_enrichment(deployment)
    # Under a profile the delivery keeps nothing of a malformed record: enrichment's quarantine has it, masked.
    refused = quarantined if deployment.usecase.compliance.profiles else _refused_by_delivery(deployment, sent)
    dead = _dead_lettered(deployment, sent)
    copies = _copies(deployment, enriched) if deployment.usecase.event.drop_duplicates else set()
    lost = (set(sent) - delivered - refused) | (set(sent) - enriched - quarantined - dead - copies)
    return Account(
        events_sent=len(sent),
        events_in_lake=len(delivered),
        events_enriched=len(enriched),
        events_quarantined=len(refused | quarantined),
        events_dead_lettered=len(dead),
        events_dropped=len(copies),
        unaccounted=len(lost) + abs(_folded(deployment) - len(enriched)),
    )


def _places(table: Any) -> set[Place]:
    if not table.num_rows:
        return set()
    return set(zip(table["shard_id"].to_pylist(), table["sequence_number"].to_pylist(), strict=True))


def _copies(deployment: Deployment, enriched: set[Place]) -> set[Place]:
    """Records in the lake that were not enriched, and share id and primary key with one that was."""
    usecase = deployment.usecase
    identity = [usecase.event.id, usecase.primary.key]
    table = lake.read_parquet(deployment, "events/", ["shard_id", "sequence_number", *identity])
    if not table.num_rows:
        return set()
    places = zip(table["shard_id"].to_pylist(), table["sequence_number"].to_pylist(), strict=True)
    known = dict(zip(places, zip(*(table[name].to_pylist() for name in identity), strict=True), strict=True))
    originals = {known[place] for place in enriched & known.keys()}
    return {place for place, name in known.items() if place not in enriched and name in originals}


def accepted(deployment: Deployment) -> dict[Place, str]:
    """Every record of the stream with the digest of its bytes."""
    stream = deployment.output("ingestion", "EventsStreamName")
    shards = deployment.kinesis.list_shards(StreamName=stream)["Shards"]
    return {
        (shard["ShardId"], record["SequenceNumber"]): _digest(record["Data"])
        for shard in shards
        for record in _shard_records(deployment, stream, shard["ShardId"])
    }


def _shard_records(deployment: Deployment, stream: str, shard_id: str) -> Iterator[Any]:
    iterator = deployment.kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while iterator:
        answer = deployment.kinesis.get_records(ShardIterator=iterator, Limit=GET_LIMIT)
        yield from answer["Records"]
        if not answer["Records"] and not answer.get("MillisBehindLatest"):
            return
        iterator = answer.get("NextShardIterator", "")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _refused_by_delivery(deployment: Deployment, sent: dict[Place, str]) -> set[Place]:
    """Records in the delivery's error output. It names no sequence number, so they are found by their bytes."""
    by_digest: dict[str, list[Place]] = {}
    for place, digest in sorted(sent.items()):
        by_digest.setdefault(digest, []).append(place)
    refused: set[Place] = set()
    for document in lake.read_json_lines(deployment, "errors/events/"):
        alike = by_digest.get(_digest(base64.b64decode(document["rawData"])), [])
        refused.update(alike[:1])  # one document excuses one record, so that a lost twin is not excused with it
        del alike[:1]
    return refused


def _quarantined_by_enrichment(deployment: Deployment) -> set[Place]:
    return {
        (one["shard_id"], one["sequence_number"]) for one in lake.read_json_lines(deployment, "quarantine/enrichment/")
    }


def _dead_lettered(deployment: Deployment, sent: dict[Place, str]) -> set[Place]:
    dead: set[Place] = set()
    for body in _messages(deployment, deployment.output("features", "EnrichmentDeadLetterUrl")):
        batch = json.loads(body)["KinesisBatchInfo"]
        first, last = int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])
        dead |= {place for place in sent if place[0] == batch["shardId"] and first <= int(place[1]) <= last}
    return dead


def _messages(deployment: Deployment, queue: str) -> list[str]:
    """The bodies of a queue's messages, which stay in it."""
    read: dict[str, MessageTypeDef] = {}
    receive = partial(
        deployment.sqs.receive_message, QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=READING_S
    )
    while messages := receive().get("Messages"):
        read |= {message["MessageId"]: message for message in messages}
    for message in read.values():
        deployment.sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    return [message["Body"] for message in read.values()]


def _folded(deployment: Deployment) -> int:
    """How many streamed events the primary entity's window state counts."""
    prefix = f"{deployment.usecase.primary.name}#"
    pages = deployment.dynamodb.get_paginator("scan").paginate(
        TableName=deployment.state_table,
        ProjectionExpression="entity, #source, folded",
        ExpressionAttributeNames={"#source": "source"},
    )
    return sum(
        int(item["folded"]["N"])
        for page in pages
        for item in page["Items"]
        if item["entity"]["S"].startswith(prefix) and item["source"]["S"].startswith("events#shardId")
    )
