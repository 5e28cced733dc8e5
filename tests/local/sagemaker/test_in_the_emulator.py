"""The same SageMaker behind the emulator's port, as boto3 sees it, with execution roles enforced."""

import json
import time
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
