"""The same SageMaker behind the emulator's port, as boto3 and CloudFormation see it, with execution roles enforced."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from emulator_stacks import (
    ACCOUNT,
    create_role,
    document,
    invoke,
    package,
    pipeline,
    stack_status,
    start_pipeline,
    template,
)
from scenarios import wait_for

from local.loop import Loop


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    with Loop(log_dir=tmp_path_factory.mktemp("logs")) as running:
        running.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        create_role(running, "pipeline", ["s3:*"], ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"])
        create_role(running, "blind", ["s3:GetObject"], ["arn:aws:s3:::other/*"])
        yield running


def test_a_stack_deploys_changes_and_rolls_back_an_endpoint(loop: Loop) -> None:
    cloudformation, sagemaker = loop.client("cloudformation"), loop.client("sagemaker")
    first, second, broken = (package(loop, version) for version in ("v1", "v2", "broken"))
    parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": first}]
    cloudformation.create_stack(StackName="endpoint", TemplateBody=template(), Parameters=parameters)
    assert stack_status(loop, "endpoint") == "CREATE_COMPLETE"
    assert invoke(loop, {"a": 1}, InferenceId="event-1")["version"] == "v1"

    change = [{"ParameterKey": "ModelPackageArn", "ParameterValue": second}]
    cloudformation.update_stack(StackName="endpoint", UsePreviousTemplate=True, Parameters=change)
    assert stack_status(loop, "endpoint") == "UPDATE_COMPLETE"
    assert invoke(loop, {})["version"] == "v2"
    outputs = cloudformation.describe_stacks(StackName="endpoint")["Stacks"][0]["Outputs"]
    values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    assert values["Endpoint"] == f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/echo"
    assert sagemaker.describe_endpoint(EndpointName="echo")["EndpointConfigName"] == values["Config"]
    assert [it["EndpointConfigName"] for it in sagemaker.list_endpoint_configs()["EndpointConfigs"]] == [
        values["Config"]
    ]
    assert len(sagemaker.list_models()["Models"]) == 1, "the model of the first package is gone"

    change = [{"ParameterKey": "ModelPackageArn", "ParameterValue": broken}]
    cloudformation.update_stack(StackName="endpoint", UsePreviousTemplate=True, Parameters=change)
    assert stack_status(loop, "endpoint") == "UPDATE_ROLLBACK_COMPLETE"
    described = sagemaker.describe_endpoint(EndpointName="echo")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", values["Config"])
    assert invoke(loop, {})["version"] == "v2"
    events = cloudformation.describe_stack_events(StackName="endpoint")["StackEvents"]
    reasons = [it.get("ResourceStatusReason", "") for it in events if it["ResourceStatus"] == "UPDATE_FAILED"]
    assert any("did not pass the ping health check" in reason for reason in reasons)

    runtime = loop.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        invoke(loop, {"raise": True})
    assert caught.value.response["OriginalStatusCode"] == 500
    began = time.perf_counter()
    assert len(invoke(loop, {"instances": [{f"f{i}": 1.5 for i in range(15)}] * 500})["echo"]["instances"]) == 500
    assert time.perf_counter() - began < 1

    loop.flush()
    keys = [it["Key"] for it in loop.client("s3").list_objects_v2(Bucket="lake", Prefix="capture/")["Contents"]]
    lines = [
        json.loads(line)
        for key in keys
        for line in loop.client("s3").get_object(Bucket="lake", Key=key)["Body"].read().splitlines()
    ]
    assert [line["eventMetadata"].get("inferenceId") for line in lines].count("event-1") == 1
    cloudformation.delete_stack(StackName="endpoint")
    wait_for(lambda: not sagemaker.list_endpoints()["Endpoints"])


def test_an_unknown_property_fails_the_stack(loop: Loop) -> None:
    wrong = json.loads(template())
    wrong["Resources"]["Config"]["Properties"]["DataCapture"] = {}
    parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": package(loop, "v1")}]
    loop.client("cloudformation").create_stack(StackName="wrong", TemplateBody=json.dumps(wrong), Parameters=parameters)
    assert stack_status(loop, "wrong") == "ROLLBACK_COMPLETE"
    events = loop.client("cloudformation").describe_stack_events(StackName="wrong")["StackEvents"]
    assert any("unsupported property DataCapture" in it.get("ResourceStatusReason", "") for it in events)


def test_a_job_works_with_the_rights_of_its_role_and_its_log_is_readable(loop: Loop) -> None:
    code = """
import boto3, pathlib, sys
pathlib.Path(sys.argv[2], "output", "out", "result.txt").write_text("done")
print("who:", boto3.client("sts").get_caller_identity()["Arn"])
try:
    boto3.client("s3").list_buckets()
    print("no boundary")
except Exception as exc:
    print("refused:", "AccessDenied" in str(exc))
"""
    step = pipeline(loop, "allowed", "pipeline", code)
    assert step["StepStatus"] == "Succeeded", step
    assert loop.client("s3").get_object(Bucket="lake", Key="out/allowed/result.txt")["Body"].read() == b"done"
    job = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    log = loop.client("logs").get_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamName=f"{job}/algo-1"
    )
    messages = [event["message"] for event in log["events"]]
    assert any(message.startswith("who: ") and "role/pipeline" in message for message in messages), messages
    assert (loop.state_dir / "sagemaker" / "logs" / f"{job}.log").read_text().splitlines() == messages
    loop.wait_idle(10)


def test_a_role_without_the_grant_cannot_read_its_code(loop: Loop) -> None:
    step = pipeline(loop, "refused", "blind", "raise SystemExit('must not run')")
    assert step["StepStatus"] == "Failed"
    assert "AccessDenied" in step["FailureReason"]


def test_a_caller_needs_the_right_to_invoke_the_very_endpoint(loop: Loop) -> None:
    iam = loop.client("iam")
    iam.create_user(UserName="caller")
    resource = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/mine"
    allowed = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": resource}
    iam.put_user_policy(UserName="caller", PolicyName="own", PolicyDocument=document(allowed))
    key = iam.create_access_key(UserName="caller")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="eu-west-1")
    runtime = session.client("sagemaker-runtime", endpoint_url=loop.endpoint_url)
    for name, message in (("other", "AccessDenied"), ("mine", "Endpoint mine of account .* not found")):
        with pytest.raises(ClientError, match=message):
            runtime.invoke_endpoint(EndpointName=name, Body=b"{}")
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("sagemaker", endpoint_url=loop.endpoint_url).list_models()


def test_an_approval_reaches_a_rule_on_the_bus_at_the_time_of_the_clock(loop: Loop) -> None:
    queue = loop.client("sqs").create_queue(QueueName="approvals")["QueueUrl"]
    queue_arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:approvals"
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelApprovalStatus": ["Approved"]},
    }
    loop.client("events").put_rule(Name="approved", EventPattern=json.dumps(pattern))
    loop.client("events").put_targets(Rule="approved", Targets=[{"Id": "queue", "Arn": queue_arn}])
    moved = loop.advance(86_400)
    arn = package(loop, "v9")
    received = loop.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    event = json.loads(received[0]["Body"])
    assert event["detail"]["ModelPackageArn"] == arn
    assert event["detail"]["ModelPackageGroupName"] == "echo"
    assert event["resources"] == [arn]
    assert event["time"] >= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moved))


def test_feature_groups_grow_by_cloudformation(loop: Loop) -> None:
    cloudformation = loop.client("cloudformation")
    features = [{"FeatureName": name, "FeatureType": "String"} for name in ("id", "at")]

    def body(names: list[dict[str, str]]) -> str:
        properties = {
            "FeatureGroupName": "customer",
            "RecordIdentifierFeatureName": "id",
            "EventTimeFeatureName": "at",
            "FeatureDefinitions": names,
            "OnlineStoreConfig": {"EnableOnlineStore": "true"},
            "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/offline"}},
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/pipeline",
        }
        resources = {"Group": {"Type": "AWS::SageMaker::FeatureGroup", "Properties": properties}}
        outputs = {
            "Name": {"Value": {"Ref": "Group"}},
            "Status": {"Value": {"Fn::GetAtt": ["Group", "FeatureGroupStatus"]}},
        }
        return json.dumps({"Resources": resources, "Outputs": outputs})

    cloudformation.create_stack(StackName="features", TemplateBody=body(features))
    assert stack_status(loop, "features") == "CREATE_COMPLETE"
    outputs = cloudformation.describe_stacks(StackName="features")["Stacks"][0]["Outputs"]
    assert {it["OutputKey"]: it["OutputValue"] for it in outputs} == {"Name": "customer", "Status": "Created"}
    store = loop.client("sagemaker-featurestore-runtime")
    record = [
        {"FeatureName": "id", "ValueAsString": "c1"},
        {"FeatureName": "at", "ValueAsString": "2026-01-01T00:00:00Z"},
    ]
    store.put_record(FeatureGroupName="customer", Record=record)
    grown = [*features, {"FeatureName": "count", "FeatureType": "Integral"}]
    cloudformation.update_stack(StackName="features", TemplateBody=body(grown))
    assert stack_status(loop, "features") == "UPDATE_COMPLETE"
    assert store.get_record(FeatureGroupName="customer", RecordIdentifierValueAsString="c1")["Record"] == record
    with pytest.raises(store.exceptions.ValidationError, match="amount"):
        store.put_record(FeatureGroupName="customer", Record=[{"FeatureName": "amount", "ValueAsString": "1"}, *record])
    loop.flush()
    found = loop.client("s3").list_objects_v2(Bucket="lake", Prefix="offline/")["Contents"]
    assert "/data/year=2026/month=01/day=01/hour=00/" in found[0]["Key"]
    cloudformation.update_stack(StackName="features", TemplateBody=body(features))
    assert stack_status(loop, "features") == "UPDATE_ROLLBACK_COMPLETE"


def test_no_process_outlives_the_loop(tmp_path: Path) -> None:
    with Loop(log_dir=tmp_path) as short:
        short.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        create_role(short, "pipeline", ["s3:*"], ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"])
        arn = package(short, "v1")
        parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": arn}]
        short.client("cloudformation").create_stack(
            StackName="endpoint", TemplateBody=template(), Parameters=parameters
        )
        assert stack_status(short, "endpoint") == "CREATE_COMPLETE"
        pids = [invoke(short, {})["pid"]]
        name = start_pipeline(short, "endless", "pipeline", "import os, time; print(os.getpid()); time.sleep(600)")
        logs = short.state_dir / "sagemaker" / "logs"
        pids += wait_for(lambda: [int(log.read_text()) for log in logs.glob("*-Only-*.log") if log.read_text().strip()])
        assert name
        began = time.monotonic()
    assert time.monotonic() - began < 15
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
