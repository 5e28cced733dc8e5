"""The account finds every event, and every way in which one can be lost or counted twice."""

import base64
import io
import json
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.accounting import Account, account
from cli.deployment import Deployment
from headrace.usecase import Compliance

GOOD, BAD, DEAD = 6, 2, 1


@dataclass(frozen=True)
class Sent:
    """One accepted record."""

    data: bytes
    shard_id: str
    sequence_number: str


@pytest.fixture
def sent(deployment: Deployment) -> list[Sent]:
    """Nine records on the stream: the first six good, then two malformed, then one that enrichment gave up."""
    places = []
    for number in range(GOOD + BAD + DEAD):
        data = f"event {number}".encode()
        answer = deployment.kinesis.put_record(StreamName="events", Data=data, PartitionKey=f"C{number}")
        places.append(Sent(data, answer["ShardId"], answer["SequenceNumber"]))
    return places


def write_parquet(
    deployment: Deployment, prefix: str, records: list[Sent], identity: dict[str, list[str]] | None = None
) -> None:
    buffer = io.BytesIO()
    columns = {"shard_id": [r.shard_id for r in records], "sequence_number": [r.sequence_number for r in records]}
    columns |= identity or {}
    pq.write_table(pa.table(columns), buffer)
    deployment.s3.put_object(Bucket="lake", Key=f"{prefix}/dt=2026-01-01/hh=00/part.parquet", Body=buffer.getvalue())


def write_lines(deployment: Deployment, key: str, documents: list[dict[str, str]]) -> None:
    body = "".join(json.dumps(document) + "\n" for document in documents)
    deployment.s3.put_object(Bucket="lake", Key=key, Body=body.encode())


def count_state(deployment: Deployment, source: str, folded: int, entity: str = "customer#1") -> None:
    item = {"entity": {"S": entity}, "source": {"S": source}, "folded": {"N": str(folded)}}
    deployment.dynamodb.put_item(TableName="state", Item=item)


@pytest.fixture
def settled(deployment: Deployment, sent: list[Sent]) -> list[Sent]:
    """Every store as a healthy loop leaves it."""
    good, bad, dead = sent[:GOOD], sent[GOOD : GOOD + BAD], sent[GOOD + BAD :]
    write_parquet(deployment, "events", good + dead)
    write_parquet(deployment, "features", good)
    errors = [{"rawData": base64.b64encode(record.data).decode()} for record in bad]
    write_lines(deployment, "errors/events/processing-failed/1", errors)
    places = [{"shard_id": record.shard_id, "sequence_number": record.sequence_number} for record in bad]
    write_lines(deployment, "quarantine/enrichment/dt=2026-01-01/1.jsonl", places)
    batch = {"shardId": dead[0].shard_id, "startSequenceNumber": dead[0].sequence_number}
    message = {"KinesisBatchInfo": {**batch, "endSequenceNumber": dead[0].sequence_number}}
    queue = deployment.sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    deployment.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
    count_state(deployment, "events#shardId-000000000000", GOOD)
    count_state(deployment, "events#backfill", 99)
    count_state(deployment, "events#shardId-000000000000", GOOD, entity="terminal#1")
    return sent


def test_a_healthy_loop_accounts_for_every_event(deployment: Deployment, settled: list[Sent]) -> None:
    assert account(deployment) == Account(
        events_sent=len(settled),
        events_in_lake=GOOD + DEAD,
        events_enriched=GOOD,
        events_quarantined=BAD,
        events_dead_lettered=DEAD,
        events_dropped=0,
        unaccounted=0,
    )


def test_an_event_that_never_reached_the_lake_is_unaccounted(deployment: Deployment, settled: list[Sent]) -> None:
    write_parquet(deployment, "events", settled[1:GOOD] + settled[-DEAD:])
    assert account(deployment).unaccounted == 1


def test_an_event_that_was_never_enriched_is_unaccounted(deployment: Deployment, settled: list[Sent]) -> None:
    write_parquet(deployment, "features", settled[1:GOOD])
    count_state(deployment, "events#shardId-000000000000", GOOD - 1)
    assert account(deployment).unaccounted == 1


def test_an_event_that_state_counts_twice_is_unaccounted(deployment: Deployment, settled: list[Sent]) -> None:
    assert settled
    count_state(deployment, "events#shardId-000000000000", GOOD + 1)
    assert account(deployment).unaccounted == 1


def test_an_event_delivered_twice_is_counted_once(deployment: Deployment, settled: list[Sent]) -> None:
    write_parquet(deployment, "events/again", settled[:GOOD])
    write_parquet(deployment, "features/again", settled[:GOOD])
    assert account(deployment).events_in_lake == GOOD + DEAD
    assert account(deployment).unaccounted == 0


def test_one_error_document_does_not_excuse_a_lost_twin(deployment: Deployment, settled: list[Sent]) -> None:
    deployment.kinesis.put_record(StreamName="events", Data=settled[GOOD].data, PartitionKey="twin")
    assert account(deployment).unaccounted == 1


def test_a_malformed_event_is_in_one_quarantine_where_a_profile_lets_the_delivery_keep_nothing(
    deployment: Deployment, settled: list[Sent]
) -> None:
    key = "errors/events/processing-failed/1"
    deployment.s3.delete_object(Bucket="lake", Key=key)
    assert account(deployment).unaccounted == BAD
    usecase = replace(deployment.usecase, compliance=Compliance(profiles=("pci",)))
    under = replace(deployment, usecase=usecase)
    assert (account(under).events_quarantined, account(under).unaccounted) == (BAD, 0)
    write_lines(deployment, "quarantine/enrichment/dt=2026-01-01/1.jsonl", [])
    assert account(under).unaccounted == BAD


def test_a_copy_of_an_enriched_event_is_accounted_for_where_copies_are_dropped(
    deployment: Deployment, settled: list[Sent]
) -> None:
    """The last good record was not enriched. It is a copy of the first, or bears the id for another customer."""
    in_lake = settled[:GOOD] + settled[-DEAD:]
    write_parquet(deployment, "features", settled[: GOOD - 1])
    count_state(deployment, "events#shardId-000000000000", GOOD - 1)
    usecase = deployment.usecase
    dropping = replace(deployment, usecase=replace(usecase, event=replace(usecase.event, drop_duplicates=True)))
    ids = [f"e{number}" for number in range(GOOD - 1)]
    for customer, dropped, unaccounted in (("C0", 1, 0), ("C9", 0, 1)):
        keys = [*(f"C{number}" for number in range(GOOD - 1)), customer, "C8"]
        write_parquet(deployment, "events", in_lake, {"event_id": [*ids, "e0", "e8"], "customer_id": keys})
        found = account(dropping)
        assert (found.events_dropped, found.unaccounted) == (dropped, unaccounted)
    assert account(deployment).unaccounted == 1
