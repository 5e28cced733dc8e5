"""What the lake promises: sealed, kept as long as said, queryable without a crawler."""

import pytest
from aws_cdk.assertions import Match
from synthesized import Synthesized, text

from stacks.components.bucket import PREFIXES
from usecases import load


def test_the_key_rotates_and_outlives_its_stack(prod: Synthesized) -> None:
    prod.template("lake").has_resource(
        "AWS::KMS::Key", {"DeletionPolicy": "Retain", "Properties": {"EnableKeyRotation": True}}
    )


def test_the_lake_is_encrypted_with_our_key_versioned_and_closed_to_the_public(prod: Synthesized) -> None:
    prod.template("lake").has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": {"Fn::GetAtt": [Match.string_like_regexp("^Key"), "Arn"]},
                        },
                    }
                ]
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "LoggingConfiguration": {"LogFilePrefix": "lake/"},
        },
    )


def test_object_events_reach_eventbridge_without_a_custom_resource(prod: Synthesized) -> None:
    prod.template("lake").has_resource_properties(
        "AWS::S3::Bucket",
        {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}},
    )
    assert not [type_ for _, _, it in prod.everything() if (type_ := it["Type"]).startswith("Custom::")]


def test_every_bucket_refuses_plain_http(prod: Synthesized) -> None:
    policies = prod.resources("lake", "AWS::S3::BucketPolicy")
    assert len(policies) == len(prod.resources("lake", "AWS::S3::Bucket"))
    for policy in policies:
        denied = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in denied]
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in [s["Condition"] for s in denied]


@pytest.mark.parametrize("prefix", [it for it in PREFIXES if it.tiered], ids=lambda it: it.name)
def test_history_cools_down_in_30_and_90_days_and_expires_in_365(prod: Synthesized, prefix) -> None:
    (rule,) = [it for it in _rules(prod) if it.get("Prefix") == prefix.name]
    assert rule["Transitions"] == [
        {"StorageClass": "STANDARD_IA", "TransitionInDays": 30},
        {"StorageClass": "GLACIER_IR", "TransitionInDays": 90},
    ]
    assert rule["ExpirationInDays"] == 365


def test_what_serves_no_training_expires_in_90_days_and_models_never(prod: Synthesized) -> None:
    days = {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in _rules(prod)}
    assert {
        days[prefix] for prefix in ("capture/", "quarantine/", "errors/", "training/", "events-inbox/", "labels-inbox/")
    } == {90}
    assert "models/" not in days
    assert "code/" not in days


def test_broken_uploads_and_old_versions_are_cleared(prod: Synthesized) -> None:
    (rule,) = [it for it in _rules(prod) if "Prefix" not in it]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_partitions_are_projected_from_their_names(prod: Synthesized) -> None:
    for table in prod.resources("lake", "AWS::Glue::Table"):
        parameters, name = table["TableInput"]["Parameters"], table["TableInput"]["Name"]
        assert [it["Name"] for it in table["TableInput"]["PartitionKeys"]] == ["dt", "hh"]
        assert parameters["projection.enabled"] in ("true", True)
        assert parameters["projection.dt.format"] == "yyyy-MM-dd"
        assert (parameters["projection.hh.range"], parameters["projection.hh.digits"]) == ("0,23", "2")
        assert f"/{name}/dt=${{dt}}/hh=${{hh}}/" in text(parameters["storage.location.template"])
        assert f"/{name}/" in text(table["TableInput"]["StorageDescriptor"]["Location"])


def test_the_events_table_has_the_use_cases_fields_and_their_origin(prod: Synthesized) -> None:
    assert _columns(prod, "events") == {
        "event_id": "string",
        "timestamp": "timestamp",
        "customer_id": "string",
        "terminal_id": "string",
        "amount": "double",
        "shard_id": "string",
        "sequence_number": "string",
        "arrived_at": "timestamp",
    }


def test_the_features_table_has_every_feature_and_the_models_answer(prod: Synthesized) -> None:
    columns, usecase = _columns(prod, "features"), load("fraud")
    assert {columns[name] for name in usecase.feature_names} == {"double"}
    assert columns["score"] == "double"
    assert {columns[name] for name in ("decision", "model_version", "degraded", "sequence_number")} == {"string"}
    assert {columns[entity.key] for entity in usecase.entities} == {"string"}


def test_production_data_outlives_its_stack(prod: Synthesized) -> None:
    for _, logical_id, resource in prod.everything():
        if resource["Type"] in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::DynamoDB::Table", "AWS::Glue::Database"):
            assert resource["DeletionPolicy"] == "Retain", logical_id
            assert resource["UpdateReplacePolicy"] == "Retain", logical_id


def _rules(stage: Synthesized) -> list[dict]:
    (lake,) = [it for it in stage.resources("lake", "AWS::S3::Bucket") if "LoggingConfiguration" in it]
    return lake["LifecycleConfiguration"]["Rules"]


def _columns(stage: Synthesized, table: str) -> dict[str, str]:
    (found,) = [it for it in stage.resources("lake", "AWS::Glue::Table") if it["TableInput"]["Name"] == table]
    return {column["Name"]: column["Type"] for column in found["TableInput"]["StorageDescriptor"]["Columns"]}
