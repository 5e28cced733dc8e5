"""A deployment whose enrichment gave some records up while the stream went on, and what was quarantined of it."""

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

from feature_versions import NEW, agree, by_shard, events, expected, probes
from live_world import PREFIX, Version, World, dice, enriched, work

from cli.deployment import Deployment
from cli.redrive.dead_letters import redrive_letters
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
