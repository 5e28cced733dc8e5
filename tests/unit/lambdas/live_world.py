"""A platform in this process: streams, state table, lake, and both versions of two functions at work on them.

Kinesis and S3 are moto's, DynamoDB is the emulator's own. The lake is delivered when a test says so.
"""

import base64
import io
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
from dynamodb_double import TABLE, Double
from lambda_fakes import FakeLog, FakeStore

from cli.deployment import Deployment
from headrace.features import FeatureSet
from headrace.usecase import UseCase
from lambdas.delivery_transform.logic import Delivery, transform
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.ground_truth.logic import GroundTruth, collect
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter
from lambdas.shared.stream import Outcome, Record
from lambdas.shared.window_state import EntityKey, decode_states

REGION = "eu-west-1"
PREFIX = "headrace-fraud-local"
OUTPUTS = {
    f"{PREFIX}-lake": {"BucketName": "lake"},
    f"{PREFIX}-ingestion": {"EventsStreamName": "events", "LabelsStreamName": "labels"},
    f"{PREFIX}-features": {"StateTableName": TABLE},
}


class BucketStore:
    """The lake's bucket, as functions write to it."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket="lake", Key=key, Body=body)


@dataclass
class Version:
    """One version of the code."""

    features: FeatureSet
    enrichment: Enrichment
    ground_truth: GroundTruth
    reader: StateReader

    def vector(self, event: dict[str, object]) -> dict[str, float | None]:
        """What inference would compute for an event that was never streamed."""
        keys = [EntityKey(it.name, str(event[it.key])) for it in self.features.usecase.entities]
        stored = self.reader.query(keys)
        return self.features.vector(event, {key.entity: decode_states(self.features, key, stored[key]) for key in keys})


@dataclass
class World:
    """Streams of two shards, and what became of their records."""

    double: Double
    executor: ThreadPoolExecutor
    usecase: UseCase
    log: FakeLog = field(default_factory=FakeLog)

    def __post_init__(self) -> None:
        self.session = boto3.Session(region_name=REGION)
        self.kinesis, self.s3 = self.session.client("kinesis"), self.session.client("s3")
        self.s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        for stream in ("events", "labels"):
            self.kinesis.create_stream(StreamName=stream, ShardCount=2)
        self.deliveries = 0

    def version(self, usecase: UseCase) -> Version:
        """The functions of a use case."""
        features = FeatureSet(usecase)
        layouts = Layouts(self.double.client, TABLE, own=layouts_of(features))
        reader = StateReader(
            self.double.client, TABLE, usecase=usecase, executor=self.executor, layouts=layouts, sleep=lambda _: None
        )
        writer = StateWriter(self.double.client, TABLE, executor=self.executor, layouts=layouts, sleep=lambda _: None)
        enrichment = Enrichment(
            features=features, reader=reader, writer=writer, log=self.log, quarantine=FakeStore(), scorer=None
        )
        labels = GroundTruth(features=features, reader=reader, writer=writer, lake=BucketStore(self.s3))
        return Version(features, enrichment, labels, reader)

    def deployment(self, usecase: UseCase) -> Deployment:
        """The platform as the command sees it."""
        found = Deployment(usecase, "local", OUTPUTS, self.session)
        found.__dict__["dynamodb"] = self.double.client
        return found

    def send(self, stream: str, rows: Sequence[dict[str, object]]) -> None:
        """Put records, by customer."""
        for row in rows:
            self.kinesis.put_record(
                StreamName=stream, Data=json.dumps(row).encode(), PartitionKey=str(row["customer_id"])
            )

    def records(self, stream: str) -> dict[str, list[Record]]:
        """Every record of a stream by shard."""
        found: dict[str, list[Record]] = {}
        for shard in self.kinesis.list_shards(StreamName=stream)["Shards"]:
            name = shard["ShardId"]
            iterator = self.kinesis.get_shard_iterator(
                StreamName=stream, ShardId=name, ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            found[name] = [
                Record(name, it["SequenceNumber"], it["ApproximateArrivalTimestamp"].timestamp(), it["Data"])
                for it in self.kinesis.get_records(ShardIterator=iterator, Limit=10_000)["Records"]
            ]
        return found

    def deliver(self, records: Sequence[Record], *, twice: bool = False) -> None:
        """Let records of the events stream arrive in the lake as one object."""
        answers, _ = transform([Delivery(it.sequence_number, it) for it in records], self.usecase)
        rows = [json.loads(base64.b64decode(it.data)) for it in answers if it.result == "Ok"]
        for row in rows:
            for name in (self.usecase.event.timestamp, "arrived_at"):
                row[name] = datetime.fromisoformat(row[name])
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), buffer)
        moment = records[0].arrived
        for _ in range(1 + twice):
            self.deliveries += 1
            key = f"events/dt={moment:%Y-%m-%d}/hh={moment:%H}/part-{self.deliveries}.parquet"
            self.s3.put_object(Bucket="lake", Key=key, Body=buffer.getvalue())


def dice(seed: int) -> random.Random:
    """Chance that repeats."""
    return random.Random(seed)  # noqa: S311 - no secret


def work(function: Any, records: Sequence[Record], seed: random.Random, *, most: int = 9) -> None:
    """Feed records in batches as a mapping does; every one must be processed at the first attempt."""
    start = 0
    while start < len(records):
        batch = records[start : start + seed.randint(1, most)]
        outcome: Outcome = function(batch)
        assert outcome.failed_from is None, outcome.problem
        start += len(batch)


def enriched(version: Version) -> Any:
    """Enrichment as ``work`` feeds it."""
    return lambda batch: enrich(batch, version.enrichment)


def labelled(version: Version) -> Any:
    """Ground truth as ``work`` feeds it."""
    return lambda batch: collect(batch, version.ground_truth)
