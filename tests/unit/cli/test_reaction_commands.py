"""``headrace retrain``, ``decisions`` and ``resume``, on stores of a deployed stage in memory."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from cli import deployment as deployments
from cli.deployment import Deployment
from cli.main import app
from headrace.reaction import Memory
from lambdas.drift_response.record import Record
from lambdas.drift_response.table import ReactionTable

TABLE = "reaction"
RECORD = Record(
    id="20260101T030000Z-0123456789ab",
    at="2026-01-01T03:10:00Z",
    usecase="fraud",
    stage="local",
    source="monitoring/x/constraint_violations.json",
    action="retrain",
    reason="amount moved",
    severity="high",
    inputs={"finding": None},
)


@pytest.fixture
def stage(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    made = replace(
        deployment, outputs={**deployment.outputs, "headrace-fraud-local-retraining": {"ReactionTableName": TABLE}}
    )
    made.dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}, {"AttributeName": "entry_id", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "subject", "AttributeType": "S"},
            {"AttributeName": "entry_id", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setattr(deployments, "deployed", lambda *_: made)
    return made


def run(*options: str) -> Result:
    return CliRunner().invoke(app, [options[0], "--stage", "local", *options[1:]])


def test_a_retraining_is_asked_for_on_the_bus(stage: Deployment) -> None:
    events = stage.session.client("events")
    events.put_rule(Name="asked", EventPattern=json.dumps({"source": ["headrace"]}))
    sqs = stage.session.client("sqs")
    url = sqs.create_queue(QueueName="asked")["QueueUrl"]
    events.put_targets(Rule="asked", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:eu-west-1:123456789012:asked"}])
    result = run("retrain", "--reason", "new merchants", "--trigger", "new_data", "--id", "r1", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"request_id": "r1"}
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Retraining Requested"
    assert (event["detail"]["Trigger"], event["detail"]["Reason"]) == ("new_data", "new merchants")
    assert (event["detail"]["UseCase"], event["detail"]["Stage"]) == ("fraud", "local")


def test_an_unknown_trigger_is_refused_with_those_that_are_known(stage: Deployment) -> None:
    result = run("retrain", "--reason", "x", "--trigger", "boredom")
    assert result.exit_code == 2
    assert "new_labels" in result.output


def test_decisions_are_listed_with_their_outcome_the_newest_first(stage: Deployment) -> None:
    table = ReactionTable(stage.dynamodb, TABLE)
    table.commit(RECORD, Memory(), 0)
    table.commit(replace(RECORD, id="20260102T030000Z-0123456789ab", action="ignore"), Memory(), 1)
    table.conclude(RECORD.id, "succeeded arn:model/2")
    table.close(RECORD.id)
    found = json.loads(run("decisions", "--json").stdout)["decisions"]
    assert [it["action"] for it in found] == ["ignore", "retrain"]
    assert (found[1]["outcome"], found[1]["done"], found[0]["done"]) == ("succeeded arn:model/2", True, False)
    assert len(json.loads(run("decisions", "--limit", "1", "--json").stdout)["decisions"]) == 1
    assert "amount moved" in run("decisions").output.replace("\n", " ")


def test_a_person_resumes_what_was_halted(stage: Deployment) -> None:
    table = ReactionTable(stage.dynamodb, TABLE)
    assert "nothing was ever decided" in run("resume").output
    table.commit(RECORD, Memory(halted="three trainings did not help", frozen="amount is gone"), 0)
    result = run("resume")
    assert result.exit_code == 0
    assert "three trainings did not help; amount is gone" in result.output
    assert table.memory() == (Memory(), 2)
