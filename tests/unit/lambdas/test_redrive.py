"""Redrive: records that were given up count once, in state and in what is logged, whatever has come since."""

import base64
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from feature_versions import NEW, agree, by_shard, events, expected, probes, running
from live_world import PREFIX, Version, World, dice, enriched, work

from cli.deployment import Deployment
from cli.redrive import dead_letters
from cli.redrive.dead_letters import redrive_letters
from cli.redrive.quarantine import NOTES, redrive_quarantine
from headrace.schema import format_timestamp
from lambdas.enrichment.logic import enrich
from lambdas.shared.stream import Record

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:enrichment"


class Functions:
    """Invokes enrichment in this process; ``broken`` fails instead."""

    def __init__(self, version: Version) -> None:
        self.version, self.broken, self.given = version, False, 0

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # the SDK spells it so
        assert FunctionName == FUNCTION
        if self.broken:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorType": "KeyError"}')}
        records = [
            Record(
                it["eventID"].partition(":")[0],
                it["kinesis"]["sequenceNumber"],
                it["kinesis"]["approximateArrivalTimestamp"],
                base64.b64decode(it["kinesis"]["data"]),
            )
            for it in json.loads(Payload)["Records"]
        ]
        self.given += len(records)
        answer = enrich(records, self.version.enrichment).response(records)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("cli.rebuild.stream.PAUSE_S", 0.0)
    monkeypatch.setattr("cli.redrive.records.PAUSE_S", 0.0)
    monkeypatch.setattr("cli.redrive.sent.PAUSE_S", 0.0)
    with running() as it:
        yield it


class Site:
    """A deployment whose enrichment gave some records up while the stream went on."""

    def __init__(self, world: World) -> None:
        self.world, self.version, self.sent = world, world.version(NEW), events(dice(3), 60)
        world.send("events", self.sent)
        self.deployment: Deployment = world.deployment(NEW)
        self.functions = Functions(self.version)
        self.deployment.__dict__["functions"] = self.functions
        self.queue = self.deployment.sqs.create_queue(QueueName="dead")["QueueUrl"]
        outputs = {**self.deployment.outputs[f"{PREFIX}-features"], "EnrichmentDeadLetterUrl": self.queue}
        self.deployment.__dict__["outputs"] = {**self.deployment.outputs, f"{PREFIX}-features": outputs}
        self.dead: list[Record] = []
        for shard in by_shard(world, "events"):
            world.deliver(shard)
            middle = len(shard) // 2
            work(enriched(self.version), [*shard[: middle - 2], *shard[middle + 1 :]], dice(0))
            self.give_up(shard[middle - 2 : middle + 1])

    def give_up(self, records: Sequence[Record]) -> None:
        """As an event source mapping tells of it."""
        self.dead += records
        first, last = records[0], records[-1]
        batch = {
            "shardId": first.shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": format_timestamp(int(first.arrived_at)),
            "batchSize": len(records),
            "streamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/events",
        }
        about = {"functionArn": FUNCTION, "condition": "RetryAttemptsExhausted"}
        body = json.dumps({"requestContext": about, "KinesisBatchInfo": batch})
        self.deployment.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    def letters(self) -> int:
        """How many letters can be seen in the queue."""
        asked = self.deployment.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])
        return int(asked["Attributes"]["ApproximateNumberOfMessages"])

    def redrive(self, *, dry_run: bool = False) -> Any:
        return redrive_letters(self.deployment, lambda *_: None, dry_run=dry_run)

    def require_exact(self) -> None:
        """Everything that was sent counts once, as the batch kernel counts it."""
        for probe, wanted in zip(probes(), expected(NEW, self.sent, []), strict=True):
            agree(self.version.vector(probe), wanted)


@pytest.fixture
def site(world: World) -> Site:
    return Site(world)


def test_records_that_were_given_up_count_once_and_their_letters_go(site: Site) -> None:
    found = site.redrive()
    assert (found.found, found.settled, found.records, found.sent) == (2, 2, 6, 6)
    assert found.failures() == []
    assert site.letters() == 0
    site.require_exact()
    again = site.redrive()
    assert (again.found, again.sent) == (0, 0)
    for shard in by_shard(site.world, "events"):
        work(enriched(site.version), shard, dice(0))  # and nothing of it is folded a second time
    site.require_exact()


def test_a_letter_that_comes_twice_changes_nothing(site: Site) -> None:
    site.redrive()
    site.give_up(site.dead[:3])
    found = site.redrive()
    assert (found.found, found.settled) == (1, 1)
    site.require_exact()


def test_a_dry_run_says_what_it_would_do_and_leaves_every_letter(site: Site) -> None:
    found = site.redrive(dry_run=True)
    assert (found.found, found.records, found.sent, found.rebuilt, found.dry_run) == (2, 6, 0, 0, True)
    assert site.functions.given == 0
    assert site.letters() == 2


def test_what_the_stream_has_forgotten_comes_from_the_lake(site: Site) -> None:
    site.world.kinesis.delete_stream(StreamName="events")
    found = site.redrive()
    assert (found.from_lake, found.lost, found.settled) == (6, 0, 2)
    site.require_exact()


def test_what_neither_has_is_said_and_its_letter_stays(site: Site) -> None:
    site.world.kinesis.delete_stream(StreamName="events")
    for it in site.world.s3.list_objects_v2(Bucket="lake", Prefix="events/")["Contents"]:
        site.world.s3.delete_object(Bucket="lake", Key=it["Key"])
    found = site.redrive()
    assert (found.lost, found.settled) == (6, 0)
    assert found.failures() == ["6 records are in neither stream nor lake: ask their producer"]
    assert site.letters() == 2


def test_a_function_that_still_fails_keeps_its_letters(site: Site) -> None:
    site.functions.broken = True
    found = site.redrive()
    assert (found.failed, found.sent, found.settled) == (6, 0, 0)
    assert site.letters() == 2
    site.functions.broken = False
    assert site.redrive().settled == 2
    site.require_exact()


def test_a_redrive_that_was_killed_before_the_rebuild_is_run_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dead_letters, "rebuild", die)
        patch.setattr(dead_letters, "HIDDEN_S", 0)
        with pytest.raises(KeyboardInterrupt):
            site.redrive()
    assert site.letters() == 2
    assert site.redrive().settled == 2
    site.require_exact()


def quarantined(site: Site, *bodies: dict[str, object]) -> str:
    """Put rejects where enrichment puts them."""
    columns = {"shard_id": "shardId-000000000000", "sequence_number": "7", "arrived_at": "2030-01-01T00:00:00.000Z"}
    lines = [
        json.dumps({"reason": "wrong", **columns, "data": base64.b64encode(json.dumps(it).encode()).decode()})
        for it in bodies
    ]
    key = "quarantine/enrichment/dt=2030-01-01/a.jsonl"
    site.world.s3.put_object(Bucket="lake", Key=key, Body="\n".join(lines).encode())
    return key


def on_stream(site: Site) -> list[bytes]:
    return [it.data for shard in by_shard(site.world, "events") for it in shard]


def test_rejects_that_are_valid_by_now_go_onto_the_stream_and_the_rest_stays(site: Site) -> None:
    good, bad = {**site.sent[0], "event_id": "late"}, {"event_id": "no"}
    key, before = quarantined(site, good, bad), len(on_stream(site))
    dry = redrive_quarantine(site.deployment, lambda *_: None, dry_run=True)
    assert (dry.records, dry.kept, dry.sent, len(on_stream(site))) == (2, 1, 0, before)
    found = redrive_quarantine(site.deployment, lambda *_: None, dry_run=False)
    assert (found.records, found.sent, found.kept, found.settled) == (2, 1, 1, 0)
    assert json.dumps(good).encode() in on_stream(site)
    left = site.world.s3.get_object(Bucket="lake", Key=key)["Body"].read().splitlines()
    assert [json.loads(base64.b64decode(json.loads(line)["data"])) for line in left] == [bad]
    assert redrive_quarantine(site.deployment, lambda *_: None, dry_run=False).sent == 0
    assert len(on_stream(site)) == before + 1


def test_rejects_whose_sending_was_interrupted_are_not_sent_twice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    key, before = quarantined(site, {**site.sent[0], "event_id": "late"}), len(on_stream(site))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cli.redrive.quarantine._keep", die)
        with pytest.raises(KeyboardInterrupt):
            redrive_quarantine(site.deployment, lambda *_: None, dry_run=False)
    assert len(on_stream(site)) == before + 1
    assert redrive_quarantine(site.deployment, lambda *_: None, dry_run=False).settled == 1
    assert len(on_stream(site)) == before + 1
    for prefix in (key, NOTES):
        assert site.world.s3.list_objects_v2(Bucket="lake", Prefix=prefix)["KeyCount"] == 0
