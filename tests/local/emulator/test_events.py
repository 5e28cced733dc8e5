"""Events between services: rules and their targets, object events, queues with redrive, alarms, schedules, states."""

import json
import time
from datetime import datetime
from typing import Any

from event_targets import rule, run, state_machine, topic_to
from local_account import Account, until

ECHO_TO_BUCKET = """
import json, os, time, boto3

def handler(event, context):
    body = json.dumps(event)
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=f"seen/{time.time_ns()}", Body=body)
"""


def put_event(account: Account, source: str, **detail: Any) -> None:
    """Put one event of our own."""
    entry = {"Source": source, "DetailType": "Something Happened", "Detail": json.dumps(detail)}
    assert account.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_a_rule_reaches_a_queue_with_the_time_of_the_clock(account: Account) -> None:
    source = account.name("source")
    url, arn = account.queue()
    rule(account, {"source": [source], "detail": {"kind": [{"prefix": "a"}]}}, Arn=arn)
    put_event(account, source, kind="b")
    put_event(account, source, kind="abc")
    (event,) = account.messages(url)
    assert event["detail"] == {"kind": "abc"}
    now = time.strftime("%Y-%m-%dT%H", time.gmtime(account.loop.now()))
    assert event["time"].startswith(now)


def test_a_rule_reaches_a_function_a_topic_and_a_state_machine(account: Account) -> None:
    source, bucket = account.name("source"), account.bucket()
    rule(account, {"source": [source]}, Arn=account.function(ECHO_TO_BUCKET, BUCKET=bucket))
    url, queue = account.queue()
    rule(account, {"source": [source]}, Arn=topic_to(account, url, queue))
    machine = state_machine(account, {"Done": {"Type": "Succeed"}})
    rule(account, {"source": [source]}, Arn=machine, RoleArn=account.role())
    put_event(account, source, x=1)
    assert json.loads(next(iter(until(lambda: account.objects(bucket)).values())))["detail"] == {"x": 1}
    assert json.loads(account.messages(url)[0]["Message"])["detail"] == {"x": 1}
    states = account.client("stepfunctions")
    until(lambda: states.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"])


def test_a_topic_reaches_a_queue_when_the_clock_is_further_ahead_than_messages_are_kept(account: Account) -> None:
    url, queue = account.queue(MessageRetentionPeriod="3600")
    topic = topic_to(account, url, queue)
    account.loop.advance(3_601)
    account.client("sns").publish(TopicArn=topic, Message="{}")
    (notification,) = account.messages(url)
    sent_at = datetime.fromisoformat(notification["Timestamp"]).timestamp()
    assert abs(account.loop.now() - sent_at) < 60


def test_objects_of_a_bucket_with_eventbridge_become_events(account: Account) -> None:
    bucket, silent = account.bucket(), account.bucket()
    s3 = account.client("s3")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    url, arn = account.queue()
    detail = {"bucket": {"name": [bucket, silent]}, "object": {"key": [{"suffix": "_violations.json"}]}}
    rule(account, {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}, Arn=arn)
    account.loop.advance(86_400)
    for name in (silent, bucket):
        s3.put_object(Bucket=name, Key="monitor/statistics.json", Body=b"{}")
        s3.put_object(Bucket=name, Key="monitor/constraint_violations.json", Body=b"{}")
    (event,) = account.messages(url)
    assert event["detail"]["bucket"]["name"] == bucket
    assert event["detail"]["object"]["key"] == "monitor/constraint_violations.json"
    assert event["time"].startswith(time.strftime("%Y-%m-%dT%H", time.gmtime(account.loop.now())))


def test_a_queue_retries_only_failed_messages_and_gives_up_to_its_dead_letters(account: Account) -> None:
    source = """
import json, os, time, boto3
s3 = boto3.client("s3")

def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"seen/{time.time_ns()}", Body=json.dumps(bodies))
    failed = [r["messageId"] for r in event["Records"] if "bad" in r["body"]]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""
    bucket = account.bucket()
    dead_url, dead = account.queue()
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    url, arn = account.queue(VisibilityTimeout="30", RedrivePolicy=policy)
    account.client("lambda").create_event_source_mapping(
        FunctionName=account.function(source, BUCKET=bucket),
        EventSourceArn=arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    account.client("sqs").send_message_batch(
        QueueUrl=url,
        Entries=[{"Id": "1", "MessageBody": '{"good": 1}'}, {"Id": "2", "MessageBody": '{"bad": 1}'}],
    )

    def seen() -> list[str]:
        return sorted(body for batch in account.objects(bucket).values() for body in json.loads(batch))

    until(lambda: len(seen()) >= 2)
    time.sleep(0.3)
    assert seen() == ['{"bad": 1}', '{"good": 1}'], "the failed message waits for its visibility timeout"
    account.loop.advance(31)
    until(lambda: len(seen()) == 3)
    account.loop.advance(31)
    assert account.messages(dead_url) == [{"bad": 1}]
    assert seen().count('{"good": 1}') == 1


def test_a_state_calls_a_service_that_was_registered_and_gets_its_errors(account: Account) -> None:
    group = account.name("group")
    account.client("sagemaker").create_model_package_group(ModelPackageGroupName=group)
    resource = "arn:aws:states:::aws-sdk:sagemaker:"
    describe = {
        "Type": "Task",
        "Resource": f"{resource}describeModelPackageGroup",
        "Parameters": {"ModelPackageGroupName": group},
        "End": True,
    }
    found = run(account, state_machine(account, {"Describe": describe}))
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"])["ModelPackageGroupName"] == group
    start = {
        "Type": "Task",
        "Resource": f"{resource}startPipelineExecution",
        "Parameters": {"PipelineName": "nobody", "ClientRequestToken": "t" * 32},
        "End": True,
    }
    failed = run(account, state_machine(account, {"Start": start}))
    assert failed["status"] == "FAILED"
    assert failed["error"].startswith("SageMaker.")


def test_a_state_machine_may_do_only_what_its_role_may(account: Account) -> None:
    group = account.name("group")
    account.client("sagemaker").create_model_package_group(ModelPackageGroupName=group)
    topic = account.client("sns").create_topic(Name=account.name("topic"))["TopicArn"]
    sagemaker, sns = "arn:aws:states:::aws-sdk:sagemaker:describeModelPackageGroup", "arn:aws:states:::sns:publish"
    named = {"ModelPackageGroupName": group}
    describe = {"Type": "Task", "Resource": sagemaker, "Parameters": named, "ResultPath": None, "Next": "Tell"}
    tell = {"Type": "Task", "Resource": sns, "Parameters": {"TopicArn": topic, "Message": "m"}, "End": True}
    states = {"Describe": describe, "Tell": tell}
    may_describe = {
        "Effect": "Allow",
        "Action": "sagemaker:DescribeModelPackageGroup",
        "Resource": f"arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/{group}",
    }
    may_tell = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic}
    assert run(account, state_machine(account, states, account.role([may_describe, may_tell])))["status"] == "SUCCEEDED"
    silent = run(account, state_machine(account, states, account.role([may_describe])))
    assert (silent["status"], silent["error"]) == ("FAILED", "Sns.SnsException")
    assert "sns:Publish" in silent["cause"]
    blind = run(account, state_machine(account, states, account.role([may_tell])))
    assert (blind["status"], blind["error"]) == ("FAILED", "SageMaker.SageMakerException")


def test_a_state_waits_on_the_injected_clock(account: Account) -> None:
    machine = state_machine(account, {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}})
    states = account.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    time.sleep(0.5)
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    account.loop.advance(3601)
    until(lambda: states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")


def test_a_schedule_fires_when_its_time_comes_on_the_clock(account: Account) -> None:
    url, arn = account.queue()
    account.client("scheduler").create_schedule(
        Name=account.name("schedule"),
        ScheduleExpression="rate(6 hours)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": account.role(), "Input": '{"due": true}'},
    )
    time.sleep(1.2)
    assert "Messages" not in account.client("sqs").receive_message(QueueUrl=url)
    account.loop.advance(6 * 3600 + 1)
    assert account.messages(url) == [{"due": True}]
