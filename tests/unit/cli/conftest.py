"""A deployment whose AWS is moto, empty or knowing two customers; and a table of a normal week."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from erasable_site import GROUPS, LAKE, FeatureStore
from monitored_tables import table, written
from moto import mock_aws

import usecases
from cli.deployment import Deployment

REGION = "eu-west-1"
OUTPUTS = {
    "headrace-fraud-local-lake": {"BucketName": "lake"},
    "headrace-fraud-local-ingestion": {"EventsStreamName": "events", "LabelsStreamName": "labels"},
    "headrace-fraud-local-features": {
        "StateTableName": "state",
        "EnrichmentDeadLetterUrl": f"https://sqs.{REGION}.amazonaws.com/123456789012/dead",
    },
}


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        session = boto3.Session(region_name=REGION)
        made = Deployment(usecases.load("fraud"), "local", OUTPUTS, session)
        made.s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        for stream in ("events", "labels"):
            made.kinesis.create_stream(StreamName=stream, ShardCount=2)
        made.dynamodb.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "entity", "KeyType": "HASH"}, {"AttributeName": "source", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "entity", "AttributeType": "S"},
                {"AttributeName": "source", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        made.sqs.create_queue(QueueName="dead")
        yield made


@pytest.fixture
def site(deployment: Deployment) -> Deployment:
    """A platform that knows two customers, whose bucket keeps versions."""
    s3 = deployment.s3
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    for key, body in LAKE.items():
        s3.put_object(Bucket="lake", Key=key, Body=b"older")
        s3.put_object(Bucket="lake", Key=key, Body=body)
    for entity, source in (("customer#c1", "events#s"), ("customer#c1", "labels#s"), ("customer#c2", "events#s")):
        item: Any = {"entity": {"S": entity}, "source": {"S": source}, "state": {"B": b"1"}, "folded": {"N": "2"}}
        deployment.dynamodb.put_item(TableName="state", Item=item)
    deployment.__dict__["feature_store"] = FeatureStore()
    outputs = dict(deployment.outputs)
    name = deployment.stack_name("features")
    outputs[name] = {**outputs[name], **GROUPS}
    deployment.__dict__["outputs"] = outputs
    return deployment


@pytest.fixture
def normal(tmp_path: Path) -> Path:
    return written(table(1), tmp_path / "normal.parquet")
