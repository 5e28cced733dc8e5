"""The check after traffic: requests of a new model are captured, or people are told, or it is too early to tell."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.stub import Stubber
from rollout_world import World, approval, arn

from headrace.errors import RejectedError, RetryableError
from lambdas.deployment.capture import DELAY_S, FLUSH_S, LOOKS, Capture, CaptureDue
from lambdas.deployment.capture_sources import EndpointTraffic, LakeCaptures, OwnQueue
from lambdas.deployment.logic import Message, deploy_all
from lambdas.deployment.messages import read
from lambdas.shared.clients import client
from lambdas.shared.failures import DependencyError

NOW = 1_767_225_600.0


class Surroundings:
    """The queue, the lake and the traffic at once."""

    def __init__(self, *, written: bool = False, requests: float = 0) -> None:
        self.written, self.asked = written, requests
        self.sent: list[tuple[CaptureDue, int]] = []

    def send(self, body: str, *, delay_s: int) -> None:
        found = read(body, group="g", stack_name="s")
        assert isinstance(found, CaptureDue)
        self.sent.append((found, delay_s))

    def written_since(self, at: float) -> bool:
        assert at == NOW + FLUSH_S
        return self.written

    def requests(self, since: float, until: float) -> float:
        assert since == NOW + FLUSH_S
        return self.asked


def handled(look: int = 1, *, percent: int = 100, deployed: int = 2, **found: Any) -> tuple[Any, Surroundings]:
    """What becomes of a reminder about version 2."""
    around = Surroundings(**found)
    whole = cast(Any, around)
    capture = Capture(reminders=whole, files=whole, traffic=whole, percent=percent)
    function = replace(World(deployed).function, capture=capture)
    detail = {"ModelPackageArn": arn(2), "Since": NOW, "Look": look}
    body = json.dumps({"source": "headrace", "detail-type": "Capture Check Due", "detail": detail})
    return deploy_all([Message("m", body)], function)[0], around


def test_a_model_that_serves_is_looked_at_a_quarter_of_an_hour_later() -> None:
    around = Surroundings()
    whole, world = cast(Any, around), World(1, slow=True)
    function = replace(world.function, capture=Capture(reminders=whole, files=whole, traffic=whole, percent=100))
    deploy_all([Message("m", approval(2))], function)
    deploy_all([Message("m", world.finish())], function)
    assert around.sent == [(CaptureDue(arn(2), NOW, 1), DELAY_S)]
    assert DELAY_S <= 900, "SQS holds nothing back longer"


def test_captured_requests_end_the_check() -> None:
    found, around = handled(written=True, requests=1_000)
    assert (found.result, found.done, found.pages, around.sent) == ("captured", True, False, [])


def test_requests_of_which_none_was_captured_page() -> None:
    found, around = handled(requests=1_000)
    assert (found.result, found.done, found.pages, around.sent) == ("uncaptured", True, True, [])


@pytest.mark.parametrize(("requests", "percent"), [(0, 100), (49, 100), (400, 10)])
def test_too_few_requests_to_tell_are_looked_at_again(requests: float, percent: int) -> None:
    found, around = handled(look=3, requests=requests, percent=percent)
    assert (found.result, found.pages) == ("postponed", False)
    assert around.sent == [(CaptureDue(arn(2), NOW, 4), DELAY_S)]


def test_a_model_that_nobody_asks_is_left_alone_after_a_day() -> None:
    found, around = handled(look=LOOKS)
    assert (found.result, found.pages, around.sent) == ("unasked", False, [])
    assert LOOKS * DELAY_S == 86_400


def test_a_model_that_was_replaced_is_not_looked_at() -> None:
    assert handled(deployed=3)[0].result == "superseded"
    assert World(2).results(json.dumps({"source": "headrace", "detail-type": "Capture Check Due", "detail": {
        "ModelPackageArn": arn(2), "Since": NOW, "Look": 1}})) == ["superseded"]  # fmt: skip


def test_a_reminder_that_is_none_is_refused() -> None:
    for detail in ({}, {"ModelPackageArn": "a", "Since": "x", "Look": 1}, "text"):
        with pytest.raises(RejectedError):
            CaptureDue.read(cast(Any, detail))


@pytest.fixture
def s3() -> Iterator[Stubber]:
    with Stubber(client("s3")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_captures_are_looked_for_from_the_hour_on_and_by_their_age(s3: Stubber) -> None:
    asked = {"Bucket": "lake", "Prefix": "capture/e/v/", "StartAfter": "capture/e/v/2025/12/31/23/~"}
    for written in (NOW - 1, NOW + 1):
        found = [{"Key": "k", "LastModified": datetime.fromtimestamp(written, UTC)}]
        s3.add_response("list_objects_v2", {"Contents": found, "IsTruncated": False}, asked)
    s3.add_response("list_objects_v2", {"IsTruncated": False}, asked)
    s3.add_client_error("list_objects_v2", "AccessDenied", http_status_code=403)
    lake = LakeCaptures(s3.client, "lake", "capture/e/v/")
    assert [lake.written_since(NOW) for _ in range(3)] == [False, True, False]
    with pytest.raises(DependencyError, match="looking for captured requests"):
        lake.written_since(NOW)


def test_a_reminder_is_a_delayed_message_to_the_own_queue() -> None:
    with Stubber(client("sqs")) as sqs:
        sqs.add_response(
            "send_message", {"MessageId": "1"}, {"QueueUrl": "https://q", "MessageBody": "b", "DelaySeconds": 900}
        )
        sqs.add_client_error("send_message", "ThrottlingException", http_status_code=400)
        OwnQueue(sqs.client, "https://q").send("b", delay_s=900)
        with pytest.raises(RetryableError, match="sending a reminder"):
            OwnQueue(sqs.client, "https://q").send("b", delay_s=900)


def test_requests_are_counted_for_the_one_variant() -> None:
    stubber = Stubber(cast(Any, client("cloudwatch")))
    asked = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Dimensions": [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "v"}],
        "StartTime": datetime.fromtimestamp(NOW, UTC),
        "EndTime": datetime.fromtimestamp(NOW + 900, UTC),
        "Period": 3_600,
        "Statistics": ["Sum"],
    }
    answer = {"Datapoints": [{"Sum": 40.0}, {"Sum": 2.0}]}
    stubber.add_response("get_metric_statistics", answer, asked)
    stubber.add_client_error("get_metric_statistics", "InternalServiceFault", http_status_code=500)
    with stubber:
        traffic = EndpointTraffic(client("cloudwatch"), "e", "v")
        assert traffic.requests(NOW, NOW + 900) == 42
        with pytest.raises(RetryableError, match="counting requests"):
            traffic.requests(NOW, NOW + 900)
