"""Nothing is called in process: one grant and one environment variable less in what is deployed, and events show it.

The loop of the session is changed and put right again. The events are of customers and terminals of their own, so that
no other test's windows see them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fed_loop import Fed

from cli.accounting import account
from cli.deployment import Deployment
from cli.predictions import agreement, read_predictions
from cli.run_result import Result
from cli.stream import stream

EVENTS = 300
pytestmark = pytest.mark.local
Change = Callable[[dict[str, Any]], None]


@contextmanager
def changed(deployment: Deployment, stack: str, change: Change) -> Iterator[None]:
    """Deploy a stack with changed resources, and as it was on the way out."""
    name = deployment.stack_name(stack)
    original = deployment.cloudformation.get_template(StackName=name)["TemplateBody"]
    body = original if isinstance(original, str) else json.dumps(original)
    template = json.loads(body)
    change(template["Resources"])
    update(deployment, name, json.dumps(template))
    try:
        yield
    finally:
        update(deployment, name, body)


def update(deployment: Deployment, name: str, body: str) -> None:
    cloudformation = deployment.cloudformation
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    cloudformation.update_stack(
        StackName=name,
        TemplateBody=body,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": it["ParameterKey"], "UsePreviousValue": True} for it in stack.get("Parameters", [])
        ],
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def forbid_inference_to_read_state(resources: dict[str, Any]) -> None:
    removed = 0
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith("Inference"):
            statements = resource["Properties"]["PolicyDocument"]["Statement"]
            kept = [one for one in statements if "dynamodb:Query" not in one["Action"]]
            removed += len(statements) - len(kept)
            resource["Properties"]["PolicyDocument"]["Statement"] = kept
    assert removed == 1


def hide_the_endpoint_from_enrichment(resources: dict[str, Any]) -> None:
    functions = {
        name: resource["Properties"]["Environment"]["Variables"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function" and name.startswith("Enrichment")
    }
    assert len(functions) == 1
    for variables in functions.values():
        del variables["ENDPOINT_NAME"]


@pytest.fixture(scope="module")
def crippled(fed: Fed) -> Result:
    """What the run would have found, had one grant and one variable been missing for the last events."""
    strangers = fed.plan.events.head(EVENTS).copy()
    for name in ("event_id", "customer_id", "terminal_id"):
        strangers[name] = "crippled-" + strangers[name].astype(str)
    plan = replace(fed.plan, events=strangers, history=fed.plan.history.head(0), malformed=lambda _: [])
    deployment = fed.deployment
    with (
        changed(deployment, "serving", forbid_inference_to_read_state),
        changed(deployment, "features", hide_the_endpoint_from_enrichment),
    ):
        streamed = stream(deployment, fed.loop, fed.api, plan, lambda *_: None)
        fed.loop.flush()
        predictions = read_predictions(deployment)
    return replace(
        fed.result,
        account=account(deployment),
        streamed=streamed,
        predictions=predictions,
        agreement=agreement(predictions, streamed.answers),
    )


def test_without_the_grant_to_read_state_no_answer_is_whole(crippled: Result) -> None:
    assert crippled.agreement.degraded == crippled.agreement.calls > 0
    assert {answer.body["reason"] for answer in crippled.streamed.answers.values()} == {"state_error"}


def test_without_the_endpoints_name_no_event_is_scored(fed: Fed, crippled: Result) -> None:
    assert crippled.streamed.events == EVENTS
    assert not crippled.predictions["event_id"].str.startswith("crippled-").any()
    assert crippled.account.events_enriched - len(crippled.predictions) == EVENTS


def test_both_make_the_run_fail_and_say_why(crippled: Result) -> None:
    assert any("API answers are degraded" in one for one in crippled.failures())
    assert any("enriched events have a score" in one for one in crippled.failures())


def test_put_right_again_the_api_answers_as_before(fed: Fed, crippled: Result) -> None:
    event = fed.plan.events.iloc[0]
    again = fed.api.predict(
        {name: event[name] for name in ("event_id", "customer_id", "terminal_id")}
        | {"timestamp": int(fed.plan.events["timestamp"].iloc[-1]) + 60, "amount": float(event["amount"])}
    )
    assert again.body["degraded"] is False
