"""A deployment whose AWS is moto: enough of the stores to count, write and read; and a table of a normal week."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
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
def normal(tmp_path: Path) -> Path:
    return written(table(1), tmp_path / "normal.parquet")
