"""How deployment learns of an update's end from the stack and tells of it, on the wire."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from rollout_world import STACK, arn
from stubbed_clients import EARLIER, TOKEN, stubbed

from headrace.errors import RetryableError
from headrace.events import ModelDeployed
from lambdas.deployment.endpoint_stack import CloudFormationStack
from lambdas.deployment.ports import Update
from lambdas.shared.bus import EventBus
from lambdas.shared.failures import DependencyError

NAME = "headrace-fraud-dev-endpoint"
AT = 1_767_225_600.0
"""When everything happened to the stack."""


@pytest.fixture
def cloudformation() -> Iterator[Stubber]:
    yield from stubbed("cloudformation")


@pytest.fixture
def events() -> Iterator[Stubber]:
    yield from stubbed("events")


def stack_event(status: str, token: str | None = TOKEN, *, resource: str = "", reason: str = "") -> dict[str, Any]:
    """One event of the stack, or of a resource in it."""
    event = {
        "StackId": STACK,
        "EventId": "e",
        "StackName": NAME,
        "Timestamp": datetime.fromtimestamp(AT, UTC),
        "LogicalResourceId": resource or NAME,
        "PhysicalResourceId": resource or STACK,
        "ResourceType": f"AWS::SageMaker::{resource}" if resource else "AWS::CloudFormation::Stack",
        "ResourceStatus": status,
    }
    return (
        event | ({"ResourceStatusReason": reason} if reason else {}) | ({"ClientRequestToken": token} if token else {})
    )


ROLLED_BACK = [
    stack_event("UPDATE_ROLLBACK_COMPLETE"),
    stack_event("UPDATE_COMPLETE", resource="Endpoint"),
    stack_event("UPDATE_ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to update: [Endpoint]."),
    stack_event("UPDATE_FAILED", resource="Config", reason="Resource update cancelled"),
    stack_event("UPDATE_FAILED", resource="Endpoint", reason="alarms went off"),
    stack_event("UPDATE_IN_PROGRESS", reason="User Initiated"),
    stack_event("UPDATE_COMPLETE", EARLIER),
]


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (ROLLED_BACK, Update(TOKEN, "UPDATE_ROLLBACK_COMPLETE", "alarms went off", AT)),
        (
            [
                stack_event("UPDATE_COMPLETE", "Console-UpdateStack-1"),
                stack_event("UPDATE_COMPLETE", None),
                *ROLLED_BACK,
            ],
            Update(TOKEN, "UPDATE_ROLLBACK_COMPLETE", "alarms went off", AT),
        ),
        ([stack_event("UPDATE_IN_PROGRESS"), *ROLLED_BACK[-1:]], Update(TOKEN, "UPDATE_IN_PROGRESS", at=AT)),
        ([stack_event("CREATE_COMPLETE", None)], None),
    ],
)
def test_the_last_update_of_ours_is_found_among_the_stacks_events(
    cloudformation: Stubber, events: list[dict[str, Any]], found: Update | None
) -> None:
    cloudformation.add_response("describe_stack_events", {"StackEvents": events}, {"StackName": NAME})
    assert CloudFormationStack(cloudformation.client, NAME).last_update() == found


def test_events_are_read_page_by_page_until_the_update_began(cloudformation: Stubber) -> None:
    pages = [ROLLED_BACK[:3], ROLLED_BACK[3:]]
    cloudformation.add_response("describe_stack_events", {"StackEvents": pages[0], "NextToken": "n"})
    cloudformation.add_response("describe_stack_events", {"StackEvents": pages[1], "NextToken": "never asked for"})
    expected = Update(TOKEN, "UPDATE_ROLLBACK_COMPLETE", "alarms went off", AT)
    assert CloudFormationStack(cloudformation.client, NAME).last_update() == expected


def test_the_stacks_endpoint_configuration_is_the_one_that_is_not_deleted(cloudformation: Stubber) -> None:
    summary = {"ResourceType": "AWS::SageMaker::EndpointConfig", "LastUpdatedTimestamp": "2026-01-01T00:00:00Z"}
    config = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/config-7"
    found = [
        {**summary, "LogicalResourceId": "Old", "PhysicalResourceId": "old", "ResourceStatus": "DELETE_COMPLETE"},
        {**summary, "LogicalResourceId": "Config", "PhysicalResourceId": config, "ResourceStatus": "UPDATE_COMPLETE"},
    ]
    answer = {"StackResourceSummaries": found}
    cloudformation.add_response("list_stack_resources", answer, {"StackName": NAME})
    cloudformation.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": NAME})
    stack = CloudFormationStack(cloudformation.client, NAME)
    assert [stack.endpoint_config(), stack.endpoint_config()] == ["config-7", ""]


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("describe_stack_events", lambda stack: stack.last_update()),
        ("list_stack_resources", lambda stack: stack.endpoint_config()),
    ],
)
def test_a_stack_that_may_not_be_read_is_reported(cloudformation: Stubber, operation: str, ask: Any) -> None:
    stack = CloudFormationStack(cloudformation.client, NAME)
    for code, error in (("Throttling", RetryableError), ("AccessDenied", DependencyError)):
        cloudformation.add_client_error(operation, code, "no", http_status_code=400)
        with pytest.raises(error):
            ask(stack)


def test_an_event_goes_to_the_default_bus_and_one_that_is_not_taken_is_tried_again(
    events: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = ModelDeployed(
        usecase="fraud", stage="dev", at="2026-01-01T00:00:00Z", model_package_arn=arn(2), endpoint_name="e"
    )
    sent = {"Entries": [event.to_entry()]}
    assert sent["Entries"][0]["EventBusName"] == "default"
    events.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, sent)
    events.add_response("put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}, sent)
    bus = EventBus(events.client)
    bus.publish(event)
    with pytest.raises(RetryableError, match="InternalFailure"):
        bus.publish(event)

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://x")

    monkeypatch.setattr(events.client, "put_events", unreachable)
    with pytest.raises(RetryableError, match="publishing Model Deployed"):
        bus.publish(event)
