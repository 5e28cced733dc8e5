"""CloudFormation tells the bus of every status that a stack reaches, and policies see whose events are put on it."""

import json
from typing import Any

from local_account import Account, until

SAYS = """
import json, os, boto3

def handler(event, context):
    answers = {}
    for source in ("ours", "theirs"):
        try:
            boto3.client("events").put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])
            answers[source] = "put"
        except Exception as exc:
            answers[source] = type(exc).__name__
    return answers
"""


def template(*, broken: bool) -> str:
    """A stack of one queue whose name is its parameter, and perhaps of one that cannot be made."""
    resources: dict[str, Any] = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}},
    }
    if broken:
        wrong = {"ModelName": "m", "ExecutionRoleArn": "none", "Surprise": True}
        resources["Model"] = {"Type": "AWS::SageMaker::Model", "Properties": wrong, "DependsOn": "Queue"}
    return json.dumps({"Parameters": {"Name": {"Type": "String"}}, "Resources": resources})


def test_each_status_of_a_stack_is_told_with_the_token_of_its_operation(account: Account) -> None:
    stack, events, cloudformation = account.name("stack"), account.client("events"), account.client("cloudformation")
    url, arn = account.queue()
    prefix = f"arn:aws:cloudformation:eu-west-1:000000000000:stack/{stack}/"
    pattern = {
        "source": ["aws.cloudformation"],
        "detail-type": ["CloudFormation Stack Status Change"],
        "detail": {"stack-id": [{"prefix": prefix}], "status-details": {"status": [{"suffix": "_COMPLETE"}]}},
    }
    events.put_rule(Name=stack, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=stack, Targets=[{"Id": "t", "Arn": arn}])
    first = [{"ParameterKey": "Name", "ParameterValue": account.name("queue")}]
    cloudformation.create_stack(StackName=stack, TemplateBody=template(broken=False), Parameters=first)
    (created,) = account.messages(url)
    assert created["detail"]["status-details"] == {"status": "CREATE_COMPLETE", "status-reason": ""}
    assert "client-request-token" not in created["detail"]
    assert created["resources"] == [created["detail"]["stack-id"]]
    body, token = template(broken=True), "deploy-2-after-1"
    cloudformation.update_stack(StackName=stack, TemplateBody=body, Parameters=first, ClientRequestToken=token)
    (ended,) = account.messages(url)
    assert ended["detail"]["status-details"]["status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert ended["detail"]["client-request-token"] == token
    until(lambda: account.loop.idle()["stack_events"]["pending"] == 0)


def test_a_role_that_may_speak_for_one_source_cannot_speak_for_another(account: Account) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": "arn:aws:events:eu-west-1:000000000000:event-bus/default",
        "Condition": {"StringEquals": {"events:source": "ours"}},
    }
    name = account.function(SAYS, role=account.role([allowed]))
    answer = account.client("lambda").invoke(FunctionName=name)["Payload"].read()
    assert json.loads(answer) == {"ours": "put", "theirs": "AccessDeniedException"}
