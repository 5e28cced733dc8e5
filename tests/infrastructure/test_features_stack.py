"""What features promise: durable state, one writer per item, no record lost between stream and state."""

import pytest
from synthesized import Synthesized, text

from usecases import load

TABLE, MAPPING = "AWS::DynamoDB::Table", "AWS::Lambda::EventSourceMapping"


def test_window_state_is_keyed_by_entity_and_source(prod: Synthesized) -> None:
    table = prod.only("features", TABLE)
    assert table["KeySchema"] == [
        {"AttributeName": "entity", "KeyType": "HASH"},
        {"AttributeName": "source", "KeyType": "RANGE"},
    ]
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_window_state_expires_can_be_restored_and_cannot_be_deleted_by_mistake(prod: Synthesized) -> None:
    table = prod.only("features", TABLE)
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] is True


def test_window_state_is_encrypted_with_our_key(prod: Synthesized) -> None:
    encryption = prod.only("features", TABLE)["SSESpecification"]
    assert (encryption["SSEEnabled"], encryption["SSEType"]) == (True, "KMS")
    assert "ExportsOutputFnGetAttKey" in text(encryption["KMSMasterKeyId"])


def test_both_streams_are_read_by_exactly_one_mapping_each(prod: Synthesized) -> None:
    mappings = prod.resources("features", MAPPING)
    sources = sorted(text(it["EventSourceArn"]) for it in mappings)
    assert ["Events" in sources[0], "Labels" in sources[1], len(sources)] == [True, True, 2]


def test_each_shard_has_one_writer(prod: Synthesized, local: Synthesized) -> None:
    for mapping in (*prod.resources("features", MAPPING), *local.resources("features", MAPPING)):
        assert mapping["ParallelizationFactor"] == 1


def test_a_bad_record_holds_up_neither_its_batch_nor_its_shard(prod: Synthesized) -> None:
    for mapping in prod.resources("features", MAPPING):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BisectBatchOnFunctionError"] is True
        assert 0 < mapping["MaximumRetryAttempts"] <= 10
        assert mapping["MaximumRecordAgeInSeconds"] < 168 * 3600
        assert "DeadLetters" in text(mapping["DestinationConfig"]["OnFailure"]["Destination"])
        assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_dead_letters_are_kept_two_weeks_and_encrypted(prod: Synthesized) -> None:
    queues = prod.resources("features", "AWS::SQS::Queue")
    assert len(queues) == 2
    for queue in queues:
        assert queue["MessageRetentionPeriod"] == 14 * 86_400
        assert "KmsMasterKeyId" in queue


def test_enrichment_may_do_what_its_adapters_do_and_no_more(prod: Synthesized) -> None:
    assert prod.actions("features", "EnrichmentRole") == {
        "dynamodb:BatchGetItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem",
        "dynamodb:Query",
        "events:PutEvents",
        "firehose:PutRecordBatch",
        "kinesis:DescribeStream", "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords", "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kms:Decrypt", "kms:GenerateDataKey",
        "logs:CreateLogStream", "logs:PutLogEvents",
        "s3:PutObject",
        "sagemaker:InvokeEndpoint", "sagemaker:PutRecord",
        "sqs:SendMessage",
        "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    }  # fmt: skip


def test_enrichment_tells_the_default_bus_in_our_name_only(prod: Synthesized) -> None:
    (told,) = [it for it in prod.statements("features", "EnrichmentRole") if it["Action"] == "events:PutEvents"]
    assert ":event-bus/default" in text(told["Resource"])
    assert told["Condition"] == {"StringEquals": {"events:source": "headrace"}}


def test_enrichment_puts_snapshots_into_its_own_groups_and_knows_them_by_entity(prod: Synthesized) -> None:
    statements = prod.statements("features", "EnrichmentRole")
    put = [text(it["Resource"]) for it in statements if "sagemaker:PutRecord" in it["Action"]]
    granted = "".join(put)
    for entity in ("customer", "terminal"):
        assert f':feature-group/headrace-fraud-prod-{entity}"' in granted
    assert "feature-group/*" not in granted
    functions = {it["Handler"]: it for it in prod.resources("features", "AWS::Lambda::Function")}
    variables = functions["lambdas.enrichment.handler.handler"]["Environment"]["Variables"]
    assert variables["FEATURE_GROUPS"] == "customer=headrace-fraud-prod-customer,terminal=headrace-fraud-prod-terminal"


def test_enrichment_learns_of_a_group_only_when_it_is_there(prod: Synthesized) -> None:
    resources = prod.bodies["features"]["Resources"]
    groups = {name for name, it in resources.items() if it["Type"] == "AWS::SageMaker::FeatureGroup"}
    (function,) = [
        it for it in resources.values() if it["Properties"].get("Handler") == "lambdas.enrichment.handler.handler"
    ]
    assert groups
    assert groups <= set(function["DependsOn"])


def test_ground_truth_writes_labels_and_never_invokes_the_model(prod: Synthesized) -> None:
    statements = prod.statements("features", "GroundTruthRole")
    (written,) = [text(it["Resource"]) for it in statements if "s3:PutObject" in it["Action"]]
    assert all(f"/{folder}/*" in written for folder in ("labels", "ground-truth", "quarantine/ground_truth"))
    assert not [action for action in prod.actions("features", "GroundTruthRole") if action.startswith("sagemaker")]


@pytest.mark.parametrize("entity", load("fraud").entities, ids=lambda it: it.name)
def test_each_entity_has_a_feature_group_of_its_own_window_features(prod: Synthesized, entity) -> None:
    groups = {it["FeatureGroupName"]: it for it in prod.resources("features", "AWS::SageMaker::FeatureGroup")}
    group = groups[f"headrace-fraud-prod-{entity.name}"]
    own = [it.name for it in load("fraud").window_features if it.entity == entity.name]
    types = {it["FeatureName"]: it["FeatureType"] for it in group["FeatureDefinitions"]}
    assert types == {entity.key: "String", "event_time": "String", **dict.fromkeys(own, "Fractional")}
    assert (group["RecordIdentifierFeatureName"], group["EventTimeFeatureName"]) == (entity.key, "event_time")
    assert group["OnlineStoreConfig"]["EnableOnlineStore"] is True
    assert "KmsKeyId" in group["OnlineStoreConfig"]["SecurityConfig"]
    assert "/feature-store" in text(group["OfflineStoreConfig"]["S3StorageConfig"]["S3Uri"])
    assert "KmsKeyId" in group["OfflineStoreConfig"]["S3StorageConfig"]


def test_no_tag_can_replace_a_feature_group(prod: Synthesized) -> None:
    for group in prod.resources("features", "AWS::SageMaker::FeatureGroup"):
        assert "Tags" not in group


def test_functions_are_told_which_resources_are_theirs(prod: Synthesized) -> None:
    functions = {it["Handler"]: it for it in prod.resources("features", "AWS::Lambda::Function")}
    variables = functions["lambdas.enrichment.handler.handler"]["Environment"]["Variables"]
    assert (variables["USECASE"], variables["STAGE"]) == ("fraud", "prod")
    assert variables["ENDPOINT_NAME"] == "headrace-fraud-prod"
    assert {"STATE_TABLE", "FEATURE_DELIVERY_STREAM", "QUARANTINE_BUCKET"} <= variables.keys()


def test_the_feature_store_writes_its_own_folder_only(prod: Synthesized) -> None:
    statements = [s for s in prod.statements("features", "FeatureStoreRole") if "s3:Put" in text(s["Action"])]
    assert statements
    assert all(text(s["Resource"]).endswith('"/feature-store/*"]]}') for s in statements)
