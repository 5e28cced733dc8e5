"""Decisions and memory in DynamoDB: both or neither, each once; and what the function says on the way."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from lambda_events import ENVIRONMENT
from moto import mock_aws
from reaction_world import drift, s3_event

from headrace.reaction import Memory, Request
from lambdas.drift_response import handler as drift_response
from lambdas.drift_response.ports import LostRaceError
from lambdas.drift_response.record import Record
from lambdas.drift_response.table import ReactionTable
from lambdas.shared.lake_bucket import LakeBucket

pytestmark = pytest.mark.usefixtures("environment")
RECORD = Record(
    id="20260101T030000Z-0123456789ab",
    at="2026-01-01T03:10:00Z",
    usecase="fraud",
    stage="dev",
    source="key",
    action="retrain",
    reason="why",
    severity="high",
    inputs={"finding": None},
    effects=({"tell": "x", "subject": "s", "page": False},),
)
MEMORY = Memory(requests=(Request(id="r", at=1),), frozen="broken")


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName=ENVIRONMENT["REACTION_TABLE"],
            KeySchema=[
                {"AttributeName": "subject", "KeyType": "HASH"},
                {"AttributeName": "entry_id", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("subject", "entry_id")],
            BillingMode="PAY_PER_REQUEST",
        )
        place = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=place)  # type: ignore[arg-type]
        yield


@pytest.fixture
def table(aws: None) -> ReactionTable:
    return ReactionTable(boto3.client("dynamodb"), ENVIRONMENT["REACTION_TABLE"])


def stored(subject: str, item: str) -> dict[str, Any]:
    key = {"subject": {"S": subject}, "entry_id": {"S": item}}
    return boto3.client("dynamodb").get_item(TableName=ENVIRONMENT["REACTION_TABLE"], Key=key)["Item"]  # type: ignore[arg-type]


def test_an_empty_table_remembers_nothing(table: ReactionTable) -> None:
    assert table.memory() == (Memory(), 0)
    assert table.find("x") is None


def test_what_is_committed_is_found_open_and_then_closed(table: ReactionTable) -> None:
    table.commit(RECORD, MEMORY, 0)
    assert table.find(RECORD.id) == (RECORD, False)
    assert table.memory() == (MEMORY, 1)
    table.close(RECORD.id)
    assert table.find(RECORD.id) == (RECORD, True)
    assert stored("memory", "current")["frozen"] == {"BOOL": True}


def test_of_two_that_decide_at_once_one_wins_and_the_other_changes_nothing(table: ReactionTable) -> None:
    table.commit(RECORD, MEMORY, 0)
    with pytest.raises(LostRaceError):
        table.commit(replace(RECORD, id="other"), Memory(), 0)
    assert table.find("other") is None
    with pytest.raises(LostRaceError):
        table.commit(RECORD, Memory(), 1)
    assert table.memory() == (MEMORY, 1)
    table.commit(replace(RECORD, id="other"), Memory(), 1)
    assert table.memory() == (Memory(), 2)
    with pytest.raises(LostRaceError):
        table.remember(MEMORY, 1)


def test_the_outcome_is_written_to_a_decision_that_is_there_and_to_no_other(table: ReactionTable) -> None:
    table.commit(RECORD, MEMORY, 0)
    table.conclude(RECORD.id, "succeeded arn:model/2")
    assert stored("decision", RECORD.id)["outcome"] == {"S": "succeeded arn:model/2"}
    table.conclude(RECORD.id, "aborted while it told")
    assert stored("decision", RECORD.id)["outcome"] == {"S": "succeeded arn:model/2"}
    table.conclude("of somebody else", "failed")
    assert table.find("of somebody else") is None


def test_the_lock_is_freed_of_its_holder_and_of_nobody_else(table: ReactionTable) -> None:
    item = {"subject": {"S": "lock"}, "entry_id": {"S": "current"}, "owner": {"S": "arn:run"}}
    boto3.client("dynamodb").put_item(TableName=ENVIRONMENT["REACTION_TABLE"], Item=item)  # type: ignore[arg-type]
    table.release("arn:other")
    assert stored("lock", "current")
    table.release("arn:run")
    with pytest.raises(KeyError):
        stored("lock", "current")
    table.release("arn:run")


def test_a_request_is_claimed_by_the_first_execution_only(table: ReactionTable) -> None:
    assert table.claim("r1", "arn:run")
    assert table.claim("r1", "arn:run")
    assert not table.claim("r1", "arn:copy")
    assert stored("request", "r1")["execution"] == {"S": "arn:run"}


def test_an_object_that_is_not_there_is_none(aws: None) -> None:
    lake = LakeBucket(boto3.client("s3"), "lake")
    assert lake.read("x") is None
    lake.put("x", b"{}")
    assert lake.read("x") == b"{}"


def test_the_function_decides_records_and_counts(aws: None, lambda_context: object, capsys: Any) -> None:
    boto3.client("sns").create_topic(Name="topic")
    key = "monitoring/headrace-fraud-dev/headrace-fraud-dev-data-quality/2026/01/01/03/constraint_violations.json"
    LakeBucket(boto3.client("s3"), "lake").put(key, json.dumps({"violations": [drift("amount", 0.4)]}).encode())
    drift_response.logger.registered_handler.setStream(io.StringIO())  # type: ignore[attr-defined]
    bodies = [s3_event(key, time="2026-01-01T03:10:00Z"), "rubbish"]
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENDPOINT_NAME", "headrace-fraud-dev")
        answer = drift_response.handler({"Records": records}, lambda_context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    (line,) = [json.loads(it) for it in capsys.readouterr().out.splitlines() if "_aws" in it]
    assert (line["SignalsDecided"], line["ReactionNotify"], line["SignalsRejected"]) == ([1.0], [1.0], [1.0])
    table = ReactionTable(boto3.client("dynamodb"), ENVIRONMENT["REACTION_TABLE"])
    memory, _ = table.memory()
    assert memory.of("data_quality")[0].distances == {"amount": 0.4}
