"""What ingestion promises: encrypted streams kept a week, every event in the lake as Parquet."""

import pytest
from aws_cdk.assertions import Match
from synthesized import Synthesized, listed, text

FIREHOSE = "AWS::KinesisFirehose::DeliveryStream"


@pytest.mark.parametrize("noun", ["events", "labels"])
def test_streams_are_encrypted_with_our_key_and_kept_a_week(prod: Synthesized, noun: str) -> None:
    prod.template("ingestion").has_resource_properties(
        "AWS::Kinesis::Stream",
        {
            "Name": f"headrace-fraud-prod-{noun}",
            "RetentionPeriodHours": 168,
            "StreamEncryption": {
                "EncryptionType": "KMS",
                "KeyId": {"Fn::ImportValue": Match.string_like_regexp("lake:ExportsOutputFnGetAttKey.*")},
            },
            "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
        },
    )


def test_dev_pays_for_one_shard(dev: Synthesized) -> None:
    for stream in dev.resources("ingestion", "AWS::Kinesis::Stream"):
        assert (stream["ShardCount"], stream["StreamModeDetails"]) == (1, {"StreamMode": "PROVISIONED"})


def test_events_are_delivered_from_the_stream_itself(prod: Synthesized) -> None:
    delivery = prod.only("ingestion", FIREHOSE)
    assert delivery["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert "Events" in text(delivery["KinesisStreamSourceConfiguration"]["KinesisStreamARN"])


@pytest.mark.parametrize(("stack", "folder"), [("ingestion", "events"), ("features", "features")])
def test_records_become_parquet_in_the_partition_of_their_arrival(prod: Synthesized, stack: str, folder: str) -> None:
    destination = prod.only(stack, FIREHOSE)["ExtendedS3DestinationConfiguration"]
    hour = "dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/"
    assert destination["Prefix"] == f"{folder}/{hour}"
    assert destination["ErrorOutputPrefix"] == f"errors/{folder}/!{{firehose:error-output-type}}/{hour}"
    assert destination.get("CustomTimeZone", "UTC") == "UTC"
    conversion = destination["DataFormatConversionConfiguration"]
    assert conversion["Enabled"] is True
    assert "OpenXJsonSerDe" in conversion["InputFormatConfiguration"]["Deserializer"]
    assert "ParquetSerDe" in conversion["OutputFormatConfiguration"]["Serializer"]
    assert f"{folder.capitalize()}Table" in text(conversion["SchemaConfiguration"]["TableName"])


@pytest.mark.parametrize("stack", ["ingestion", "features"])
def test_deliveries_meet_what_conversion_demands(prod: Synthesized, stack: str) -> None:
    destination = prod.only(stack, FIREHOSE)["ExtendedS3DestinationConfiguration"]
    assert destination["BufferingHints"]["SizeInMBs"] >= 64
    assert destination.get("CompressionFormat", "UNCOMPRESSED") == "UNCOMPRESSED"
    assert destination["CloudWatchLoggingOptions"]["Enabled"] is True
    assert "Key" in text(destination["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"])


def test_logged_vectors_are_encrypted_where_no_stream_encrypts_them(prod: Synthesized) -> None:
    delivery = prod.only("features", FIREHOSE)
    assert delivery["DeliveryStreamType"] == "DirectPut"
    assert delivery["DeliveryStreamEncryptionConfigurationInput"]["KeyType"] == "CUSTOMER_MANAGED_CMK"


def test_the_transform_gets_buffers_small_enough_for_its_answer(prod: Synthesized) -> None:
    processing = prod.only("ingestion", FIREHOSE)["ExtendedS3DestinationConfiguration"]["ProcessingConfiguration"]
    (processor,) = processing["Processors"]
    parameters = {it["ParameterName"]: it["ParameterValue"] for it in processor["Parameters"]}
    assert processor["Type"] == "Lambda"
    assert float(parameters["BufferSizeInMBs"]) <= 1


def test_firehose_reads_its_stream_and_writes_its_folders_only(prod: Synthesized) -> None:
    written = [s for s in prod.statements("ingestion", "EventDeliveryRole") if "s3:PutObject" in s["Action"]]
    (resources,) = [[text(it) for it in statement["Resource"]] for statement in written]
    assert len(resources) == 2
    assert all('/events/*"' in it or '/errors/events/*"' in it for it in resources)


def test_the_function_is_called_only_after_firehose_may_call_it(prod: Synthesized) -> None:
    (delivery,) = [
        it for _, _, it in prod.everything() if it["Type"] == FIREHOSE and "KinesisStreamAsSource" in text(it)
    ]
    assert any(name.startswith("EventDeliveryRoleDefaultPolicy") for name in delivery["DependsOn"])


INBOXES = (("Event", "events"), ("Label", "labels"))
inboxes = pytest.mark.parametrize(("noun", "rows"), INBOXES)


@inboxes
def test_every_new_file_of_an_inbox_and_nothing_else_reaches_it(prod: Synthesized, noun: str, rows: str) -> None:
    rules = prod.resources("ingestion", "AWS::Events::Rule")
    assert len(rules) == len(INBOXES)
    (rule,) = [it for it in rules if f"{noun}Files" in text(it["Targets"])]
    detail = rule["EventPattern"]["detail"]
    assert (rule["EventPattern"]["source"], rule["EventPattern"]["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert detail["object"] == {"key": [{"prefix": f"{rows}-inbox/"}]}
    assert "lake:ExportsOutputRefBucket" in text(detail["bucket"])


@inboxes
@pytest.mark.parametrize("stage", ["dev", "staging", "prod", "local"])
def test_a_file_is_tried_again_and_ends_in_a_dead_letter_queue(synth, stage: str, noun: str, rows: str) -> None:
    ingestion = synth(stage)
    queues = [it for it in ingestion.resources("ingestion", "AWS::SQS::Queue") if "RedrivePolicy" in it]
    (queue,) = [it for it in queues if f"{noun}FilesDeadLetters" in text(it["RedrivePolicy"])]
    functions = {it["Handler"]: it for it in ingestion.resources("ingestion", "AWS::Lambda::Function")}
    assert queue["VisibilityTimeout"] >= 6 * functions[f"lambdas.{noun.lower()}_inbox.handler.handler"]["Timeout"]
    mappings = ingestion.resources("ingestion", "AWS::Lambda::EventSourceMapping")
    (mapping,) = [it for it in mappings if f"{noun}Files" in text(it["EventSourceArn"])]
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])


@inboxes
def test_an_inbox_may_read_its_files_and_write_receipts_quarantine_stream_and_queue_only(
    prod: Synthesized, noun: str, rows: str
) -> None:
    statements = prod.statements("ingestion", f"{noun}InboxRole")

    def resources(action: str) -> list[str]:
        return [text(it["Resource"]) for it in statements if action in listed(it["Action"])]

    own = [f"/{rows}-inbox-receipts/*", f"/quarantine/{rows[:-1]}_inbox/*"]
    notes = [f"/{rows}-inbox-notes/*"] if noun == "Event" else []
    assert [text(it).count("Fn::Join") for it in resources("s3:GetObjectVersion")] == [1]
    assert f"/{rows}-inbox/*" in resources("s3:GetObjectVersion")[0]
    read = "".join(resources("s3:GetObject"))
    assert (f"/{rows}-inbox/*" in read, read.count("Fn::Join")) == (True, 1 + len(notes))
    written = "".join(resources("s3:PutObject"))
    assert all(it in written for it in (*own, *notes))
    assert written.count("Fn::Join") == len(own) + len(notes)
    assert f"{noun}s" in resources("kinesis:PutRecords")[0]
    assert f"{noun}Files" in resources("sqs:SendMessage")[0]
    assert not {
        it for it in prod.actions("ingestion", f"{noun}InboxRole") if it.startswith(("dynamodb:", "kinesis:Get"))
    }


@inboxes
def test_an_inbox_lists_its_own_folders_only(prod: Synthesized, noun: str, rows: str) -> None:
    listing = [it for it in prod.statements("ingestion", f"{noun}InboxRole") if it["Action"] == "s3:ListBucket"]
    prefixes = {prefix for it in listing for prefix in listed(it["Condition"]["StringLike"]["s3:prefix"])}
    notes = {"events-inbox-notes/*"} if noun == "Event" else set()
    assert prefixes == {f"{rows}-inbox/*", f"{rows}-inbox-receipts/*"} | notes
