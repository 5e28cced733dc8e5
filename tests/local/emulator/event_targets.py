"""Rules, topics and state machines of the running emulator."""

import json
from typing import Any

from local_account import Account, until


def rule(account: Account, pattern: dict[str, Any], **target: Any) -> str:
    """A rule on the default bus with one target."""
    events, name = account.client("events"), account.name("rule")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "t", **target}])
    return name


def topic_to(account: Account, url: str, queue: str) -> str:
    """A topic whose notifications a queue receives; returns its ARN."""
    topic = str(account.client("sns").create_topic(Name=account.name("topic"))["TopicArn"])
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Resource": queue}]})
    account.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    account.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    return topic


def state_machine(account: Account, states: dict[str, Any], role: str = "") -> str:
    """A state machine that starts at its first state."""
    return str(
        account.client("stepfunctions").create_state_machine(
            name=account.name("machine"),
            definition=json.dumps({"StartAt": next(iter(states)), "States": states}),
            roleArn=role or account.role(),
        )["stateMachineArn"]
    )


def run(account: Account, machine: str) -> dict[str, Any]:
    """Run a state machine to its end."""
    states = account.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
    return dict(states.describe_execution(executionArn=arn))
