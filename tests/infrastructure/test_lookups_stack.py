"""What a use case looks up costs a table, an inbox and the rights to ask; one that looks nothing up has none of it."""

from typing import Any

import pytest
from aws_cdk.assertions import Template
from synthesized import Synthesized, text

import app as composition
from stacks.application import Application

TABLE, FUNCTION = "AWS::DynamoDB::Table", "AWS::Lambda::Function"
READERS = {"ingestion": "DeliveryTransform", "features": "Enrichment", "serving": "Inference"}
Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def rides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Resources]:
    """The use case that looks up the weather, in production, under nag like any."""
    outdir = str(tmp_path_factory.mktemp("rides") / "assembly")
    app = Application(context={"usecase": "rides", "stage": "prod"}, outdir=outdir)
    composition.build(app)
    app.synth()
    return {
        noun: Template.from_stack(app.node.find_child(f"headrace-rides-prod-{noun}")).to_json()["Resources"]
        for noun in ("lake", "lookups", *READERS)
    }


def _of(resources: Resources, type_: str) -> list[dict[str, Any]]:
    return [it["Properties"] for it in resources.values() if it["Type"] == type_]


def _statements(resources: Resources, role: str) -> list[dict[str, Any]]:
    return [
        statement
        for name, it in resources.items()
        if it["Type"] == "AWS::IAM::Policy" and name.startswith(f"{role}Role")
        for statement in it["Properties"]["PolicyDocument"]["Statement"]
    ]


def _actions(statement: dict[str, Any]) -> set[str]:
    actions = statement["Action"]
    return {actions} if isinstance(actions, str) else set(actions)


def test_readings_lie_in_an_encrypted_table_of_their_own_that_production_keeps(rides: dict[str, Resources]) -> None:
    (table,) = _of(rides["lookups"], TABLE)
    assert table["KeySchema"] == [{"AttributeName": "reading_of", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert table["DeletionProtectionEnabled"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize(("noun", "function"), READERS.items())
def test_who_looks_up_may_read_that_table_by_key_and_nothing_else_of_it(
    rides: dict[str, Resources], noun: str, function: str
) -> None:
    asked = [it for it in _statements(rides[noun], function) if "Readings" in text(it["Resource"])]
    assert [_actions(it) for it in asked] == [{"dynamodb:BatchGetItem"}]
    (its,) = [it for it in _of(rides[noun], FUNCTION) if it["Handler"].startswith(f"lambdas.{_folder(function)}.")]
    assert "Readings" in text(its["Environment"]["Variables"]["LOOKUP_TABLE"])


def _folder(function: str) -> str:
    return {"DeliveryTransform": "delivery_transform"}.get(function, function.lower())


def test_the_inbox_reads_its_own_folder_and_writes_readings_receipts_and_what_is_wrong(
    rides: dict[str, Resources],
) -> None:
    statements = _statements(rides["lookups"], "LookupInbox")
    granted = {action for it in statements for action in _actions(it)}
    assert {it for it in granted if it.startswith("dynamodb:")} == {"dynamodb:BatchGetItem", "dynamodb:PutItem"}
    written = text([it["Resource"] for it in statements if "s3:PutObject" in _actions(it)])
    for folder in ("/lookups/*", "/lookups-inbox-receipts/*", "/quarantine/lookup_inbox/*"):
        assert folder in written
    assert "/lookups-inbox/*" not in written
    (rule,) = _of(rides["lookups"], "AWS::Events::Rule")
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "lookups-inbox/"}]}


def test_its_failures_and_what_the_lake_misses_raise_alarms(rides: dict[str, Resources]) -> None:
    metrics = {it.get("MetricName") for it in _of(rides["lookups"], "AWS::CloudWatch::Alarm")}
    assert {"Errors", "Throttles", "Duration", "Quarantined", "NotLookedUp"} <= metrics


def test_the_lake_keeps_readings_as_long_as_events(rides: dict[str, Resources]) -> None:
    rules = next(it for it in _of(rides["lake"], "AWS::S3::Bucket") if "lookups/" in text(it))
    kept = {it.get("Prefix"): it.get("ExpirationInDays") for it in rules["LifecycleConfiguration"]["Rules"]}
    assert kept["lookups/"] == kept["events/"] == 365
    assert kept["lookups-inbox/"] == 90


def test_a_use_case_that_looks_nothing_up_pays_nothing(dev: Synthesized) -> None:
    assert not list(dev.folder.glob("*-lookups.template.json"))
    assert "ookup" not in text(dev.bodies)
