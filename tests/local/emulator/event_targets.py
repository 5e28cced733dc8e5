"""Rules and state machines of the running emulator."""

import json
from typing import Any

from local_account import Account, until


def rule(account: Account, pattern: dict[str, Any], **target: Any) -> str:
    """A rule on the default bus with one target."""
    events, name = account.client("events"), account.name("rule")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "t", **target}])
    return name


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
